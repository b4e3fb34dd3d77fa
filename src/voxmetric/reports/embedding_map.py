"""A flat picture of some evaluation embeddings, one panel for each objective."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voxmetric.reports.markup import Markup
from voxmetric.reports.palette import LIGHT, MARKERS
from voxmetric.reports.panels import panels
from voxmetric.reports.results import Objective
from voxmetric.reports.svg import house_style, inline_svg


def embedding_map_figure(objectives: Sequence[Objective]) -> Markup:
    """Utterances as points; a colour and a shape together are one speaker, the same in every panel."""
    speakers = sorted({str(speaker) for objective in objectives for speaker in objective.embedding_map["speaker"]})
    with house_style():
        figure, each = panels(objectives, height=2.6)
        for objective, _, axes in each:
            x, y = (np.asarray(objective.embedding_map[name], dtype=float) for name in ("x", "y"))
            owner = np.asarray([str(speaker) for speaker in objective.embedding_map["speaker"]])
            for index, speaker in enumerate(speakers):
                axes.plot(
                    x[owner == speaker],
                    y[owner == speaker],
                    linestyle="none",
                    color=LIGHT[index % len(LIGHT)],
                    marker=MARKERS[index // len(LIGHT) % len(MARKERS)],
                    markersize=3.2,
                    markeredgewidth=0,
                )
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(True)
            axes.set_box_aspect(1)
        description = f"Utterances of {len(speakers)} speakers in the plane; tight groups far apart are good."
        return inline_svg(figure, "embeddings", "Embedding maps", description)
