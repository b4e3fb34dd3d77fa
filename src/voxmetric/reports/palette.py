"""Colours, dashes and markers: one for each objective, the same in every figure and table of a report.

The hues are those of Okabe and Ito ("Color Universal Design", 2008) and of Tol, chosen to differ for colour-blind
readers too; dashes and markers carry the same distinction for print without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

LIGHT = ("#0072b2", "#d55e00", "#008a64", "#aa4499", "#b07800", "#3a9bdc", "#882255", "#23262b")
DARK = ("#5ab4f0", "#ff8a4c", "#2fc79b", "#dd88d0", "#e8b23f", "#9cd3ff", "#e07aa5", "#f4f6f8")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 1.5), (1.2, 1.2), (5.0, 1.5, 1.2, 1.5), (9.0, 2.0))

INK_LIGHT, INK_DARK = "#1d2530", "#e8ecf1"
MUTED_LIGHT, MUTED_DARK = "#66707d", "#9aa5b2"
GRID_LIGHT, GRID_DARK = "#dfe3e8", "#333c47"


@dataclass(frozen=True)
class Style:
    """How one series is drawn: `name` is its class in the page, `dashes` are lengths in line widths."""

    name: str
    color: str
    dashes: tuple[float, ...]
    marker: str


def style(index: int) -> Style:
    """The style of series `index` (from 0); colour and dash together repeat after 40 series."""
    return Style(
        name=f"series-{index}",
        color=LIGHT[index % len(LIGHT)],
        dashes=DASHES[index % len(DASHES)],
        marker=MARKERS[index % len(MARKERS)],
    )


def css_variables(*, dark: bool) -> str:
    """The palette as CSS custom properties: `--series-0` and so on, `--ink`, `--muted`, `--grid`."""
    series = [f"--series-{index}:{color}" for index, color in enumerate(DARK if dark else LIGHT)]
    ink = (INK_DARK, MUTED_DARK, GRID_DARK) if dark else (INK_LIGHT, MUTED_LIGHT, GRID_LIGHT)
    return ";".join(
        [*series, *(f"--{name}:{color}" for name, color in zip(("ink", "muted", "grid"), ink, strict=True))]
    )


def themed(drawing: str) -> str:
    """`drawing` (SVG drawn in the light colours) with each colour replaced by its CSS custom property."""
    for index, color in enumerate(LIGHT):
        drawing = drawing.replace(color, f"var(--series-{index})")
    for name, color in (("ink", INK_LIGHT), ("muted", MUTED_LIGHT), ("grid", GRID_LIGHT)):
        drawing = drawing.replace(color, f"var(--{name})")
    return drawing
