"""A page of who spoke when: the picture, who spoke how long, and every turn, in one file that opens offline."""

from __future__ import annotations

import os
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from voxmetric.diarization.speaking_times import speaking_times
from voxmetric.files import write_text
from voxmetric.reports.clock import clock
from voxmetric.reports.markup import Markup, element, joined, section, table
from voxmetric.reports.palette import css_variables
from voxmetric.reports.svg import house_style, inline_svg
from voxmetric.reports.timeline import timeline_figure

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.metrics.diarization.error import DiarizationError


def write_timeline_page(
    path: str | os.PathLike[str],
    found: Annotation,
    duration: float,
    reference: Annotation | None = None,
    error: DiarizationError | None = None,
) -> None:
    """Write the page, in one step; equal arguments give equal text.

    Args:
        path: the HTML file.
        found: a diarization.
        duration: of the recording, in seconds.
        reference: the truth, where it is known.
        error: of `found` against it.

    Raises:
        InputError: if the file cannot be written.
    """
    write_text(path, render_page(found, duration, reference, error))


def render_page(
    found: Annotation,
    duration: float,
    reference: Annotation | None = None,
    error: DiarizationError | None = None,
) -> str:
    """The page's text; see `write_timeline_page`."""
    folder = files("voxmetric.reports")
    style_sheet = Template(folder.joinpath("report.css").read_text(encoding="utf-8")).substitute(
        light=css_variables(dark=False), dark=css_variables(dark=True), toggles=""
    )
    return Template(folder.joinpath("report.html").read_text(encoding="utf-8")).substitute(
        title=joined(str(found.uri)),
        style=style_sheet,
        kicker="Who spoke when",
        banner="",
        legend="",
        footer="",
        headline=joined(_headline(found, duration)),
        notes=_notes(error),
        sections=joined(_picture(found, duration, reference), _speakers(found), _turns(found)),
    )


def _headline(found: Annotation, duration: float) -> str:
    times = speaking_times(found)
    if not times.speakers:
        return f"Nobody speaks in these {clock(duration)}."
    one = len(times.speakers) == 1
    overlap = f", {clock(times.overlap)} of it several at once" if times.overlap else ""
    return (
        f"{len(times.speakers)} speaker{'' if one else 's'}, {clock(times.speech)} of speech{overlap}, "
        f"in {clock(duration)}."
    )


def _notes(error: DiarizationError | None) -> Markup:
    if error is None:
        return Markup()
    rates = (
        f"Diarization error rate {100 * error.rate:.1f} %: missed {100 * error.missed_rate:.1f} %, false alarms "
        f"{100 * error.false_alarm_rate:.1f} %, confusion {100 * error.confusion_rate:.1f} %. {error.conventions}"
    )
    return element("ul", (element("li", note) for note in (rates, *error.cautions)), class_="notes")


def _picture(found: Annotation, duration: float, reference: Annotation | None) -> Markup:
    with house_style():
        drawn = inline_svg(
            timeline_figure(found, duration, reference),
            "timeline",
            "Who spoke when",
            f"A lane for each of {len(found.labels())} speakers over {clock(duration)}.",
        )
    lead = (
        "Times in minutes and seconds." if reference is None else "Above the line the reference, below what was found."
    )
    return section("Who spoke when", lead, element("figure", drawn))


def _speakers(found: Annotation) -> Markup:
    rows = (
        (one.name, clock(one.seconds), f"{100 * one.share:.1f} %", str(one.turns), clock(one.overlapped))
        for one in speaking_times(found).speakers
    )
    return section(
        "Who spoke how long",
        "Shares are of the sum over all speakers.",
        table(("speaker", "spoken", "share", "turns", "while others speak"), rows),
    )


def _turns(found: Annotation) -> Markup:
    rows = (
        (str(name), clock(segment.start), clock(segment.end), f"{segment.duration:.1f} s")
        for segment, _, name in found.itertracks(yield_label=True)
    )
    listed = table(("speaker", "from", "to", "length"), rows)
    return section("Turns", "In order of time.", element("details", element("summary", "All turns"), listed))
