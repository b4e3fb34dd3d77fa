"""A figure of small panels, one for each objective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from voxmetric.reports.palette import Style, style
from voxmetric.reports.results import Objective

PANELS_A_ROW = 4


def panels(
    objectives: Sequence[Objective], *, height: float, share_axes: bool = False
) -> tuple[Figure, Iterator[tuple[Objective, Style, Axes]]]:
    """A figure and, for each objective, its style and a panel that carries its name in its colour.

    Args:
        objectives: in the order of the panels.
        height: of one row, in inches.
        share_axes: whether all panels have the same limits.
    """
    columns = min(PANELS_A_ROW, len(objectives))
    rows = -(-len(objectives) // columns)
    figure = Figure(figsize=(10.4, height * rows))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_axes, sharey=share_axes)
    for unused in grid.flat[len(objectives) :]:
        unused.set_visible(False)

    def each() -> Iterator[tuple[Objective, Style, Axes]]:
        for index, (objective, axes) in enumerate(zip(objectives, grid.flat, strict=False)):
            drawn = style(index)
            axes.set_title(objective.name, color=drawn.color, fontweight="bold", loc="left")
            yield objective, drawn, axes

    return figure, each()
