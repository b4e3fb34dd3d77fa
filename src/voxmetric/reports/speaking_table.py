"""Who spoke how long, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from voxmetric.diarization.speaking_times import speaking_times
from voxmetric.reports.clock import clock

if TYPE_CHECKING:
    from pyannote.core import Annotation


def speaking_table(annotation: Annotation, duration: float) -> Table:
    """A row for each speaker of a recording of so many seconds, those who speak longest first."""
    times = speaking_times(annotation)
    overlap = f", of it {clock(times.overlap)} of several at once" if times.overlap else ""
    title = f"{annotation.uri}: {clock(times.speech)} of speech{overlap}, in {clock(duration)}"
    table = Table(title=title, title_justify="left")
    table.add_column("speaker")
    for heading in ("spoken", "share", "turns", "while others speak"):
        table.add_column(heading, justify="right")
    for one in times.speakers:
        table.add_row(one.name, clock(one.seconds), f"{100 * one.share:.1f} %", str(one.turns), clock(one.overlapped))
    return table
