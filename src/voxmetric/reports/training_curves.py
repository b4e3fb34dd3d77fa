"""How training went: development EER of every objective in one drawing, the loss of each in a panel of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from voxmetric.reports.markup import Markup
from voxmetric.reports.palette import style
from voxmetric.reports.panels import panels
from voxmetric.reports.results import Objective
from voxmetric.reports.svg import house_style, inline_svg

POINTS_A_CURVE = 150


def development_figure(objectives: Sequence[Objective]) -> Markup:
    """Development EER (%) against the step, a thin line a seed and a thick one for their mean."""
    with house_style():
        figure = Figure(figsize=(10.4, 3.6))
        axes = figure.subplots()
        for index, objective in enumerate(objectives):
            drawn = style(index)
            curves = [(curve.eer_steps, 100 * np.asarray(curve.eer)) for curve in objective.curves]
            for steps, eer in curves:
                axes.plot(steps, eer, color=drawn.color, linewidth=0.6, alpha=0.55, gid=drawn.name)
            if curves and all(steps == curves[0][0] for steps, _ in curves):
                mean = np.mean([eer for _, eer in curves], axis=0)
                axes.plot(curves[0][0], mean, color=drawn.color, dashes=drawn.dashes, gid=drawn.name)
        axes.set(xlabel="step", ylabel="development EER, %")
        axes.set_ylim(bottom=0)
        description = "Equal error rate on the development trials during training, each seed and the mean."
        return inline_svg(figure, "development", "Development EER during training", description)


def loss_figure(objectives: Sequence[Objective]) -> Markup:
    """Training loss against the step, a thin line a seed; each panel has a scale of its own."""
    with house_style():
        figure, each = panels(objectives, height=1.9)
        for objective, drawn, axes in each:
            for curve in objective.curves:
                steps, loss = _window_means(curve.steps), _window_means(curve.loss)
                axes.plot(steps, loss, color=drawn.color, linewidth=0.8, alpha=0.8)
            axes.set_ylim(bottom=min([0.0, *(value for curve in objective.curves for value in curve.loss)]))
            axes.locator_params(nbins=4)
        figure.supxlabel("step", fontsize=9)
        figure.supylabel("loss", fontsize=9)
        description = "Training loss of each objective, one line a seed. The scales differ between objectives."
        return inline_svg(figure, "loss", "Training loss", description)


def _window_means(values: Sequence[float]) -> NDArray[np.float64]:
    """At most `POINTS_A_CURVE` means over windows of equal length, the last one perhaps shorter."""
    array = np.asarray(values, dtype=float)
    window = max(1, -(-len(array) // POINTS_A_CURVE))
    starts = np.arange(0, len(array), window)
    sums = np.add.reduceat(array, starts) if len(array) else array
    return sums / np.diff(np.append(starts, len(array)))
