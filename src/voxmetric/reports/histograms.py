"""How far apart the scores of the two kinds of trials lie, one panel for each objective."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.reports.markup import Markup
from voxmetric.reports.palette import MUTED_LIGHT
from voxmetric.reports.panels import panels
from voxmetric.reports.results import Objective
from voxmetric.reports.svg import house_style, inline_svg


def histogram_figure(objectives: Sequence[Objective]) -> Markup:
    """Densities of target scores (the objective's colour) and non-target scores (grey), first seed of each."""
    with house_style():
        figure, each = panels(objectives, height=1.9)
        for objective, drawn, axes in each:
            edges = objective.histogram["edges"]
            for kind, color in (("nontarget", MUTED_LIGHT), ("target", drawn.color)):
                heights = objective.histogram[kind]
                axes.stairs(heights, edges, color=color, linewidth=1.3)
                axes.stairs(heights, edges, color=color, fill=True, alpha=0.25)
            axes.set(yticks=[], ylim=(0, None))
            axes.grid(visible=False)
        figure.supxlabel("score", fontsize=9)
        description = "For each objective the density of target scores and of non-target scores; overlap means errors."
        return inline_svg(figure, "histograms", "Score histograms", description)
