"""A picture of who spoke when: a lane for each speaker, with the reference's lanes above where there is one."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from voxmetric.data.turns import Turns
from voxmetric.errors import InputError
from voxmetric.files import replacing
from voxmetric.reports.clock import clock
from voxmetric.reports.palette import MUTED_LIGHT, style
from voxmetric.reports.svg import house_style

if TYPE_CHECKING:
    from pyannote.core import Annotation

SUFFIXES = (".svg", ".png")

ROW_SECONDS = 600.0
"""A longer recording is drawn in several rows, one under the other."""

_LANE, _MARGIN = 0.24, 0.62  # inches


@dataclass(frozen=True)
class Lane:
    """One speaker's turns as they are drawn.

    Attributes:
        name: beside the lane.
        spans: (T, 2) of starts and lengths, in seconds.
        color: number of the style.
        reference: whether it is of the reference.
    """

    name: str
    spans: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    color: int
    reference: bool


def timeline_figure(found: Annotation, duration: float, reference: Annotation | None = None) -> Figure:
    """Draw who spoke when; speakers of the reference have the colour of the one they are mapped to.

    Args:
        found: a diarization.
        duration: of the recording, in seconds.
        reference: the truth, where it is known; its lanes stand above.
    """
    lanes = lanes_of(found, reference)
    end = max([duration, *(float(spans.sum(axis=1).max()) for spans in (lane.spans for lane in lanes) if len(spans))])
    rows = max(1, math.ceil(end / ROW_SECONDS - 1e-9))
    row_seconds = end if rows == 1 else ROW_SECONDS
    figure = Figure(figsize=(10.4, rows * (_MARGIN + _LANE * max(1, len(lanes)))))
    panels = figure.subplots(rows, 1, squeeze=False)[:, 0]
    for number, axes in enumerate(panels):
        _draw_row(axes, lanes, number * row_seconds, (number + 1) * row_seconds)
    return figure


def write_timeline(
    path: str | os.PathLike[str], found: Annotation, duration: float, reference: Annotation | None = None
) -> None:
    """Draw who spoke when into an SVG or PNG file, in one step.

    Raises:
        InputError: for another ending, or if the file cannot be written.
    """
    kind = Path(path).suffix.lower()
    if kind not in SUFFIXES:
        raise InputError(f"expected a picture's name that ends in .svg or .png, found {path}")
    with house_style():
        figure = timeline_figure(found, duration, reference)
        figure.set_facecolor("white")
        with replacing(path) as beside:
            if kind == ".svg":
                figure.savefig(beside, format="svg", metadata={"Date": None})
            else:
                figure.savefig(beside, format="png", dpi=150, metadata={"Software": None})


def lanes_of(found: Annotation, reference: Annotation | None = None) -> list[Lane]:
    """The lanes from top to bottom, the reference's first."""
    turns = Turns.of_annotation(found)
    colors = {name: number for number, name in enumerate(turns.speakers)}
    lanes: list[Lane] = []
    if reference is not None:
        lanes += _lanes(Turns.of_annotation(reference), _reference_colors(reference, found, colors), reference=True)
    return lanes + _lanes(turns, colors, reference=False)


def _reference_colors(reference: Annotation, found: Annotation, colors: Mapping[str, int]) -> dict[str, int]:
    """Colours of the reference's speakers: that of whom they are mapped to, or else one that nobody has."""
    from voxmetric.metrics.diarization.error import diarization_error

    names = Turns.of_annotation(reference).speakers
    mapping = diarization_error(reference, found).mapping if names and colors else {}
    unmapped = [name for name in names if name not in mapping]
    own = {name: colors[mapping[name]] for name in names if name in mapping}
    return own | {name: len(colors) + number for number, name in enumerate(unmapped)}


def _lanes(turns: Turns, colors: Mapping[str, int], *, reference: bool) -> list[Lane]:
    spans = np.stack((turns.start, turns.end - turns.start), axis=1)
    return [
        Lane(name, spans[turns.speaker == code], colors[name], reference) for code, name in enumerate(turns.speakers)
    ]


def _draw_row(axes: Axes, lanes: Sequence[Lane], start: float, end: float) -> None:
    """One stretch of time."""
    for place, lane in enumerate(lanes):
        inside = lane.spans[(lane.spans[:, 0] < end) & (lane.spans.sum(axis=1) > start)]
        drawn = style(lane.color)
        axes.broken_barh(
            [(first, length) for first, length in inside.tolist()],
            (place - 0.38, 0.76),
            facecolor=drawn.color,
            edgecolor="none",
            alpha=0.55 if lane.reference else 1.0,
            gid=drawn.name,
        )
    references = sum(lane.reference for lane in lanes)
    if 0 < references < len(lanes):
        axes.axhline(references - 0.5, color=MUTED_LIGHT, linewidth=0.8)
    labels = [f"{lane.name} (reference)" if lane.reference else lane.name for lane in lanes]
    axes.set_yticks(range(len(lanes)), labels)
    axes.set(xlim=(start, end), ylim=(max(1, len(lanes)) - 0.5, -0.5))
    axes.xaxis.set_major_formatter(lambda seconds, _: clock(seconds).removesuffix(".0"))
    axes.grid(visible=False, axis="y")
