"""Small drawings inside table cells and legends: intervals, quantities, samples of a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voxmetric.reports.markup import Markup, element
from voxmetric.reports.palette import LIGHT, Style
from voxmetric.reports.results import Estimate

WIDTH, HEIGHT = 140.0, 18.0


@dataclass(frozen=True)
class Range:
    """The stretch of values that one column of drawings spans."""

    low: float
    high: float

    @classmethod
    def over(cls, estimates: Sequence[Estimate], *others: float) -> Range:
        """The smallest range that holds every interval and every one of `others`."""
        return cls(
            min([*(estimate.low for estimate in estimates), *others]),
            max([*(estimate.high for estimate in estimates), *others]),
        )

    def position(self, value: float) -> float:
        """Where `value` lies, in units of the drawing."""
        span = (self.high - self.low) or 1.0
        return round(4 + (WIDTH - 8) * (value - self.low) / span, 2)


def interval_bar(
    estimate: Estimate,
    over: Range,
    *,
    color: str,
    ticks: Sequence[float] = (),
    reference: float | None = None,
) -> Markup:
    """An interval with its point, on a scale that all cells of the column share.

    Args:
        estimate: what to draw.
        over: the range of the column.
        color: a CSS colour.
        ticks: single values to mark, such as those of the seeds.
        reference: a value to mark by a vertical line, such as no difference.
    """
    middle = HEIGHT / 2
    parts = []
    if reference is not None:
        at = over.position(reference)
        parts.append(element("line", x1=at, x2=at, y1=0, y2=HEIGHT, stroke="var(--muted)", stroke_dasharray="2 2"))
    low, value, high = (over.position(number) for number in (estimate.low, estimate.value, estimate.high))
    parts.append(element("line", x1=low, x2=high, y1=middle, y2=middle, stroke=color, stroke_width=3))
    parts.append(element("circle", cx=value, cy=middle, r=4, fill=color))
    parts.extend(
        element("line", x1=at, x2=at, y1=middle + 4, y2=HEIGHT, stroke=color, stroke_width=1.2)
        for at in map(over.position, ticks)
    )
    return _drawing(parts, WIDTH)


def quantity_bar(value: float, largest: float, *, color: str) -> Markup:
    """A bar from zero, as long as `value` is large beside the `largest` of the column."""
    width = round(90 * value / largest, 2) if largest > 0 else 0
    return _drawing([element("rect", x=0, y=5, width=width, height=8, rx=2, fill=color)], 90)


def line_sample(style: Style) -> Markup:
    """A short stretch of a series' line with its marker's colour, for legends."""
    dashes = " ".join(str(2 * length) for length in style.dashes) or None
    line = element("line", x1=1, x2=31, y1=9, y2=9, stroke=css_color(style), stroke_width=3, stroke_dasharray=dashes)
    return _drawing([line], 32)


def css_color(style: Style) -> str:
    """The colour of a series as the page's theme has it."""
    return f"var(--series-{LIGHT.index(style.color)})"


def _drawing(parts: Sequence[Markup], width: float) -> Markup:
    """An image that says nothing the text beside it does not: hidden from screen readers."""
    return element("svg", parts, class_="inline", viewBox=f"0 0 {width:g} {HEIGHT:g}", width=width, aria_hidden="true")
