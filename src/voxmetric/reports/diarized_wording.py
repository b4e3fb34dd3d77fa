"""How the figures of a diarized set are said, the same on a terminal, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator

from voxmetric.reports.results import DiarizedObjective, DiarizedSet
from voxmetric.reports.wording import COUNTED, DIARIZATION_SCALES, VERDICTS, beside_the_rest

_DER = DIARIZATION_SCALES["der"]
TIE_MEANS = "A tie means that these recordings cannot tell two objectives apart, not that they are equal."


def diarized_headline(diarized: DiarizedSet) -> str:
    """What was found, in a sentence that claims no more than the paired tests allow."""
    der = diarized.objectives[0].metrics["der"]
    figure = f"DER {_DER.number(der.value)} % {_DER.interval(der)}"
    return f"Who spoke when, {diarized.name}: {beside_the_rest(figure, diarized.objectives)}"


def diarized_headers(diarized: DiarizedSet) -> list[str]:
    """Of the table whose rows `diarized_row` gives."""
    scales = [*DIARIZATION_SCALES.values(), COUNTED]
    return [f"objective ({diarized.name})", *(scale.heading for scale in scales), "verdict"]


def diarized_row(objective: DiarizedObjective, between: str) -> list[str]:
    """The cells of one objective; `between` stands between a figure and its interval."""
    scales = DIARIZATION_SCALES | {"count_exact": COUNTED}
    figures = (
        f"{scale.number(objective.metrics[name].value)}{between}{scale.interval(objective.metrics[name])}"
        for name, scale in scales.items()
    )
    return [objective.name, *figures, VERDICTS[objective.rank]]


def diarized_by_speakers(diarized: DiarizedSet) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each objective's name with number of speakers and error rate, `value [low, high]`, of every number."""
    counts = list(dict.fromkeys(count for one in diarized.objectives for count in one.by_speakers))
    return [
        (
            one.name,
            [
                (count, f"{_DER.number(one.by_speakers[count].value)} {_DER.interval(one.by_speakers[count])}")
                for count in counts
            ],
        )
        for one in diarized.objectives
    ]


def diarized_footnotes(diarized: DiarizedSet) -> Iterator[str]:
    """What a reader of the table must know."""
    spread = ", ".join(f"{number} of {count}" for count, number in diarized.recordings_by_speakers.items())
    yield (
        f"Recordings: {diarized.name}, {diarized.num_recordings:,} (of so many speakers: {spread}), "
        f"{diarized.hours:.2f} hours of reference speech scored; SHA-256 {diarized.sha256}."
    )
    yield f"System: {diarized.system}."
    yield f"DER: {diarized.conventions}."
    yield diarized.interval
    yield TIE_MEANS
    yield from diarized.notes
