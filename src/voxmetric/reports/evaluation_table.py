"""What `voxmetric evaluate` prints: a row for each system, every figure with its interval, then the paired tests."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from voxmetric.reports.results import Estimate
from voxmetric.reports.wording import SCALES, TIE_MEANS, Scale
from voxmetric.scoring.evaluation import DECISION_PRIOR

if TYPE_CHECKING:
    from rich.console import RenderableType

    from voxmetric.metrics.bootstrap import Interval
    from voxmetric.metrics.mcnemar import DecisionDifference
    from voxmetric.metrics.paired import PairedDifference
    from voxmetric.scoring.evaluation import Evaluation

OF_LLRS = {"act_dcf": Scale("actDCF", 1.0, 3, "")}
NO_CLLR = "No Cllr: the scores are not calibrated (--calibrate-on SPLIT does that; --llr says that they are)."


def evaluation_table(evaluation: Evaluation) -> RenderableType:
    """The table, the paired tests and the footnotes for `rich` to print."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    fullest = max((system.metrics for system in evaluation.systems), key=len)  # some may not be calibrated
    shown = {name: figure_scale(name) for name in fullest}
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in ["system", *(scale.heading for scale in shown.values())]:
        table.add_column(header, overflow="fold")
    for system in evaluation.systems:
        cells = (
            f"{scale.number(system.metrics[name].value)}\n{scale.interval(_estimate(system.metrics[name]))}"
            if name in system.metrics
            else "-"
            for name, scale in shown.items()
        )
        table.add_row(Text(system.name), *map(Text, cells))
    pairs = [Text(paired_sentence(pair)) for pair in evaluation.pairs]
    pairs += [Text(decision_sentence(pair)) for pair in evaluation.decisions]
    notes = [Text(note, style="dim") for note in footnotes(evaluation)]
    return Group(table, "", *pairs, *notes)


def figure_scale(name: str) -> Scale:
    """How a figure of an evaluation is printed; `min_dcf_0.01` is minDCF at the prior 0.01."""
    scales = SCALES | OF_LLRS
    if name in scales:
        return scales[name]
    base, _, prior = name.rpartition("_")
    return dataclasses.replace(scales[base], label=f"{scales[base].label} at {prior}")


def paired_sentence(pair: PairedDifference, scale: Scale | None = None) -> str:
    """One paired test in a sentence; `scale` says how its figure is printed where `figure_scale` does not know it."""
    scale = scale or figure_scale(pair.metric)
    verdict = {"a better": f"{pair.a} is better than {pair.b}", "b better": f"{pair.b} is better than {pair.a}"}
    found = verdict.get(pair.verdict, f"{pair.a} and {pair.b} tie")
    unit = f" {scale.unit}" if scale.unit else ""
    difference = scale.difference(_estimate(pair.difference))
    return f"{found}: {scale.label} {pair.a} less {pair.b} {difference}{unit}, p = {pair.p_adjusted:.3g} (paired, Holm)"


def decision_sentence(pair: DecisionDifference) -> str:
    """One comparison of decisions in a sentence."""
    scale = Scale("wrong decisions", 100.0, 3, "%")
    a, b, difference = pair.a, pair.b, scale.difference(_estimate(pair.difference))
    return (
        f"decisions at prior {DECISION_PRIOR}: only {a} is wrong in {pair.only_a_wrong:,} trials, only {b} in "
        f"{pair.only_b_wrong:,}; share wrong, {a} less {b}: {difference} %, p = {pair.p_value:.3g} (speakers "
        f"resampled); McNemar, as if trials were independent, which they are not: p = {pair.p_independent:.3g}"
    )


def footnotes(evaluation: Evaluation) -> list[str]:
    """What a reader of the table must know."""
    calibrations = _said({system.name: system.calibration for system in evaluation.systems})
    scorings = _said({system.name: system.scoring for system in evaluation.systems})
    calibrated = any("cllr" in system.metrics for system in evaluation.systems)
    return [
        f"Trials: {evaluation.trials}, {evaluation.num_target:,} target and {evaluation.num_nontarget:,} non-target, "
        f"{evaluation.num_utterances:,} utterances of {evaluation.num_speakers:,} speakers; "
        f"SHA-256 {evaluation.trials_sha256}.",
        evaluation.eer_definition,
        evaluation.interval,
        f"Scores: {scorings}.",
        f"Calibration: {calibrations}." if calibrated else NO_CLLR,
        *([TIE_MEANS] if any(pair.verdict == "tie" for pair in evaluation.pairs) else []),
        *evaluation.notes,
    ]


def _said(ways: dict[str, str]) -> str:
    """What was done, once where it is the same for all systems."""
    same = len(set(ways.values())) == 1
    return next(iter(ways.values())) if same else "; ".join(sorted(f"{name}: {how}" for name, how in ways.items()))


def _estimate(interval: Interval) -> Estimate:
    return Estimate(interval.value, interval.low, interval.high)
