"""What `voxmetric evaluate --reference` prints: a row for each system, the paired tests, and how it was counted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from voxmetric.reports.evaluation_table import paired_sentence
from voxmetric.reports.results import Estimate
from voxmetric.reports.wording import DIARIZATION_SCALES, Scale

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from voxmetric.metrics.bootstrap import Interval
    from voxmetric.metrics.diarization.evaluation import DiarizationEvaluation, DiarizationFigures

COUNT_SCALES = {
    "count_exact": Scale("right", 100.0, 0, "%"),
    "count_error": Scale("found less true", 1.0, 2, ""),
    "count_absolute_error": Scale("in size", 1.0, 2, ""),
}

TIE_MEANS = "A tie means that these recordings cannot tell two systems apart, not that they are equal."


def diarization_table(evaluation: DiarizationEvaluation, *, per_recording: bool = False) -> RenderableType:
    """The table, the paired tests and the footnotes for `rich` to print."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in ["system", *(scale.heading for scale in DIARIZATION_SCALES.values())]:
        table.add_column(header, overflow="fold")
    for system in evaluation.systems:
        cells = (_cell(scale, system.metrics[name]) for name, scale in DIARIZATION_SCALES.items())
        table.add_row(Text(system.name), *map(Text, cells))
    recordings = [part for system in evaluation.systems for part in (Text(system.name), _recordings(system), "")]
    counts = [Text(counting_sentence(system)) for system in evaluation.systems]
    pairs = [Text(paired_sentence(pair, DIARIZATION_SCALES[pair.metric])) for pair in evaluation.pairs]
    notes = [Text(note, style="dim") for note in diarization_footnotes(evaluation)]
    return Group(table, "", *(recordings if per_recording else []), *counts, *pairs, *notes)


def counting_sentence(system: DiarizationFigures) -> str:
    """How a system counts speakers, in a sentence."""
    exact, error, size = (_cell(scale, system.metrics[name], " ") for name, scale in COUNT_SCALES.items())
    return (
        f"{system.name} counts the speakers right in {exact} % of the recordings; "
        f"found less true {error}, in size {size}"
    )


def diarization_footnotes(evaluation: DiarizationEvaluation) -> Iterator[str]:
    """What a reader of the table must know."""
    yield f"DER: {evaluation.conventions}."
    yield f"JER: {evaluation.jaccard_conventions}."
    yield f"{evaluation.num_recordings:,} recordings, {evaluation.hours:.2f} hours of reference speech scored."
    yield evaluation.interval
    if any(pair.verdict == "tie" for pair in evaluation.pairs):
        yield TIE_MEANS
    for system in evaluation.systems:
        yield from (f"{system.name}: {note}." for note in system.notes)
    yield from (note if note.endswith(".") else f"{note}." for note in evaluation.notes)


def _recordings(system: DiarizationFigures) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for header in ("recording", "DER, %", "missed, s", "false alarm, s", "confusion, s", "speech, s", "JER, %"):
        table.add_column(header, overflow="fold")
    table.add_column("speakers: true, found")
    for one in system.recordings:
        rate, jaccard = (f"{100 * share:.2f}" if share is not None else "-" for share in (one.rate, one.jaccard))
        seconds = (f"{value:.2f}" for value in (one.missed, one.false_alarm, one.confusion, one.total))
        table.add_row(Text(one.recording), rate, *seconds, jaccard, f"{one.num_speakers}, {one.num_found}")
    return table


def _cell(scale: Scale, figure: Interval, between: str = "\n") -> str:
    if math.isnan(figure.value):
        return "-"
    if math.isnan(figure.low):
        return scale.number(figure.value)
    return f"{scale.number(figure.value)}{between}{scale.interval(Estimate(figure.value, figure.low, figure.high))}"
