"""How findings are said: one headline, one way to write a figure with its interval, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voxmetric.reports.results import BEST, TIE, WORSE, Comparison, DiarizedObjective, Estimate, Objective, Rank

SYNTHETIC = "Synthetic voices: these figures say nothing about real speakers."
TIE_MEANS = "A tie means that these trials cannot tell two objectives apart, not that they are equal."


@dataclass(frozen=True)
class Scale:
    """How a metric is printed: its `label`, the `factor` to the printed unit, decimals, and the unit."""

    label: str
    factor: float
    decimals: int
    unit: str

    def number(self, value: float) -> str:
        """`value` in the printed unit."""
        return f"{value * self.factor:.{self.decimals}f}"

    @property
    def heading(self) -> str:
        """The label with the unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def interval(self, estimate: Estimate) -> str:
        """`[low, high]` in the printed unit."""
        return f"[{self.number(estimate.low)}, {self.number(estimate.high)}]"

    def difference(self, estimate: Estimate) -> str:
        """`+value [low, high]` with signs."""
        value, low, high = (
            f"{number * self.factor:+.{self.decimals}f}" for number in (estimate.value, estimate.low, estimate.high)
        )
        return f"{value} [{low}, {high}]"


VERDICTS: dict[Rank, str] = {BEST: "best", TIE: "tie", WORSE: "worse"}
SCALES = {
    "eer": Scale("EER", 100.0, 2, "%"),
    "min_dcf": Scale("minDCF", 1.0, 3, ""),
    "cllr": Scale("Cllr", 1.0, 3, "bits"),
    "min_cllr": Scale("minCllr", 1.0, 3, "bits"),
}
DIARIZATION_SCALES = {
    "der": Scale("DER", 100.0, 2, "%"),
    "missed": Scale("missed", 100.0, 2, "%"),
    "false_alarm": Scale("false alarm", 100.0, 2, "%"),
    "confusion": Scale("confusion", 100.0, 2, "%"),
    "jer": Scale("JER", 100.0, 2, "%"),
}
COUNTED = Scale("speakers counted right", 100.0, 0, "%")


def scale_of(metric: str) -> Scale:
    """How to print `metric`; one that is not known is printed as it is, with four decimals."""
    return (SCALES | DIARIZATION_SCALES).get(metric, Scale(metric, 1.0, 4, ""))


def headline(comparison: Comparison) -> str:
    """What was found, in a sentence or two that claim no more than the paired tests allow."""
    best = comparison.objectives[0]
    eer = f"EER {SCALES['eer'].number(best.metrics['eer'].value)} % {SCALES['eer'].interval(best.metrics['eer'])}"
    said = beside_the_rest(eer, comparison.objectives)
    if best.metrics["eer"].high >= 0.5:
        said += " That interval reaches chance (50 %): nothing here shows that the task was learned."
    return f"On synthetic voices: {said}" if comparison.synthetic else said


def beside_the_rest(figure: str, objectives: Sequence[Objective] | Sequence[DiarizedObjective]) -> str:
    """What may be said of the best objective, the first, whose `figure` is given in words, against the others."""
    best = objectives[0].name
    ties = [objective.name for objective in objectives if objective.rank == TIE]
    worse = [objective.name for objective in objectives if objective.rank == WORSE]
    if not ties and not worse:
        return f"{best} ({figure}) was run alone: there is nothing to compare it with."
    if not worse:
        return f"No objective is separable from the best: {best} ({figure}) ties with {listed(ties)}."
    if not ties:
        return f"{best} ({figure}) is better than {listed(worse)}."
    return f"{best} ({figure}) is better than {listed(worse)}; it ties with {listed(ties)}."


def scales(comparison: Comparison) -> dict[str, Scale]:
    """The metrics that every objective has, in the order of `SCALES`; uncalibrated scores have no Cllr."""
    measured = [objective.metrics for objective in comparison.objectives]
    return {name: scale for name, scale in SCALES.items() if all(name in metrics for metrics in measured)}


def footnotes(comparison: Comparison) -> list[str]:
    """What a reader of the table must know, whatever it is printed on."""
    trials = comparison.trials
    return [
        *([SYNTHETIC] if comparison.synthetic else []),
        f"Trials: {trials.name}, {trials.num_target:,} target and {trials.num_nontarget:,} non-target, "
        f"{trials.num_speakers:,} speakers; SHA-256 {trials.sha256}.",
        comparison.eer_definition,
        comparison.interval,
        TIE_MEANS,
        *comparison.notes,
    ]


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def options_text(options: Mapping[str, Any]) -> str:
    """`margin=0.2, scale=30.0`, or `defaults` where there are none."""
    return ", ".join(f"{name}={value}" for name, value in options.items()) or "defaults"


def duration(seconds: float) -> str:
    """A time as one reads it: `0.41 s`, `12 s`, `3 min 05 s`, `2 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes_rest = divmod(minutes, 60)
    return f"{hours} h {minutes_rest:02d} min" if hours else f"{minutes} min {rest:02d} s"
