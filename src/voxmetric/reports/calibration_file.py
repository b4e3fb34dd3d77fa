"""How far log-likelihood ratios can be trusted, as a drawing: normalised Bayes error rates over prior log-odds."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from voxmetric.files import replacing
from voxmetric.reports.palette import MUTED_LIGHT, style
from voxmetric.reports.svg import house_style

CEILING = 1.2
"""Where the drawing ends: beyond 1 the ratios do harm, and how much no longer matters."""


def write_calibration_drawing(
    path: str | os.PathLike[str], curves: Mapping[str, Mapping[str, Sequence[float]]]
) -> None:
    """Draw what each system costs at every prior, and dotted what it would cost if its ratios were right.

    Args:
        path: the SVG file to write, in one step.
        curves: name of the system to `log_odds`, `actual` and `minimum`; see `metrics.bayes_error`.

    Raises:
        InputError: if the file cannot be written.
    """
    with house_style():
        figure = Figure(figsize=(6.4, 4.4), facecolor="white")
        axes = figure.subplots()
        for index, (name, curve) in enumerate(curves.items()):
            drawn = style(index)
            axes.plot(curve["log_odds"], curve["actual"], color=drawn.color, dashes=drawn.dashes, label=name)
            axes.plot(curve["log_odds"], curve["minimum"], color=drawn.color, linestyle=":", linewidth=1)
        axes.axhline(1.0, color=MUTED_LIGHT, linewidth=1)
        axes.set(ylim=(0.0, CEILING), xlabel="log-odds of a target trial beforehand")
        axes.set(ylabel="Bayes error rate, 1 = constant answer; dotted: at best")
        axes.legend()
        with replacing(path) as beside:
            figure.savefig(beside, format="svg", metadata={"Date": None})
