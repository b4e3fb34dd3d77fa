"""What accuracy costs: EER against training time."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from voxmetric.reports.markup import Markup
from voxmetric.reports.palette import style
from voxmetric.reports.results import Objective
from voxmetric.reports.svg import house_style, inline_svg


def cost_figure(objectives: Sequence[Objective]) -> Markup:
    """EER (%) with its interval against the wall time of one training run (minutes)."""
    with house_style():
        figure = Figure(figsize=(10.4, 3.4))
        axes = figure.subplots()
        for index, objective in enumerate(objectives):
            drawn = style(index)
            eer = objective.metrics["eer"]
            minutes = objective.cost.train_seconds / 60
            axes.plot([minutes] * 2, [100 * eer.low, 100 * eer.high], color=drawn.color, gid=drawn.name)
            axes.plot(minutes, 100 * eer.value, marker=drawn.marker, color=drawn.color, gid=drawn.name)
            axes.annotate(
                objective.name,
                (minutes, 100 * eer.value),
                (7, -3),
                textcoords="offset points",
                color=drawn.color,
                gid=drawn.name,
            )
        axes.set(xlabel="wall time of one training run, minutes", ylabel="EER, %")
        description = "Equal error rate with its interval against the wall time of one training run."
        return inline_svg(figure, "cost", "EER against training time", description)
