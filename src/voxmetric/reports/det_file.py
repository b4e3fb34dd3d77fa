"""DET curves as a drawing of its own, for papers and slides; the report has its own (`det`)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from voxmetric.files import replacing
from voxmetric.metrics.det import probit
from voxmetric.reports.det import TICKS
from voxmetric.reports.palette import style
from voxmetric.reports.svg import house_style


def write_det_drawing(path: str | os.PathLike[str], curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Draw DET curves on normal-deviate axes and write them as SVG, in one step.

    Args:
        path: the file to write.
        curves: name of the system to its `false_alarm` and `miss` rates.

    Raises:
        InputError: if the file cannot be written.
    """
    with house_style():
        figure = Figure(figsize=(5.6, 5.4), facecolor="white")
        axes = figure.subplots()
        for index, (name, rates) in enumerate(curves.items()):
            drawn = style(index)
            deviates = probit(rates["false_alarm"]), probit(rates["miss"])
            axes.plot(*deviates, color=drawn.color, dashes=drawn.dashes, label=name)
        labels = [f"{100 * tick:g}" for tick in TICKS]
        axes.set_xticks(probit(TICKS), labels)
        axes.set_yticks(probit(TICKS), labels)
        ends = probit(np.array([TICKS[1], 0.6]))
        axes.set(xlim=ends, ylim=ends, aspect="equal")
        axes.set(xlabel="false alarms, % of non-target trials", ylabel="misses, % of target trials")
        axes.legend()
        with replacing(path) as beside:
            figure.savefig(beside, format="svg", metadata={"Date": None})
