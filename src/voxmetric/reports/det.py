"""Detection error trade-off: miss rate against false-alarm rate on normal-deviate axes.

After Martin et al., "The DET curve in assessment of detection task performance" (Eurospeech 1997).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.special import ndtri

from voxmetric.reports.markup import Markup
from voxmetric.reports.palette import MUTED_LIGHT, style
from voxmetric.reports.results import Objective, TrialSummary
from voxmetric.reports.svg import house_style, inline_svg

TICKS = np.array([0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
RELIABLE_ERRORS = 30  # Doddington's rule of 30: with as many, the true rate is within 30 % of it, 9 times in 10


def det_figure(objectives: Sequence[Objective], trials: TrialSummary) -> Markup:
    """The DET curves of the first seeds in one drawing, with the diagonal where both error rates are equal.

    Dotted lines mark the rates that rest on `RELIABLE_ERRORS` errors.
    """
    ticks = _ticks(objectives, trials)
    ends = ndtri([ticks[0], ticks[-1]])
    with house_style():
        figure = Figure(figsize=(5.6, 5.4))
        axes = figure.subplots()
        axes.plot(ends, ends, color=MUTED_LIGHT, linewidth=1, dashes=(4, 3))
        axes.annotate("equal error rates", (ends[0], ends[0]), (14, 6), textcoords="offset points", color=MUTED_LIGHT)
        _mark_reliable(axes, trials, ticks[0])
        for index, objective in enumerate(objectives):
            drawn = style(index)
            false_alarm, miss = (
                ndtri(np.clip(objective.det[side], 1e-9, 1 - 1e-9)) for side in ("false_alarm", "miss")
            )
            axes.plot(false_alarm, miss, color=drawn.color, dashes=drawn.dashes, gid=drawn.name)
        labels = [f"{100 * tick:g}" for tick in ticks]
        axes.set_xticks(ndtri(ticks), labels)
        axes.set_yticks(ndtri(ticks), labels)
        axes.set(xlim=ends, ylim=ends, aspect="equal")
        axes.set(xlabel="false alarms, % of non-target trials", ylabel="misses, % of target trials")
        names = ", ".join(objective.name for objective in objectives)
        return inline_svg(figure, "det", "DET curves", f"Miss rate against false-alarm rate for {names}.")


def _ticks(objectives: Sequence[Objective], trials: TrialSummary) -> NDArray[np.float64]:
    """Ticks of both axes: from about three errors of the rarer kind to above the worst equal error rate."""
    smallest = 3 / max(min(trials.num_target, trials.num_nontarget), 1)
    largest = max(0.4, 0.15 + max(objective.metrics["eer"].high for objective in objectives))
    first, last = np.searchsorted(TICKS, [min(smallest, 0.1), largest])
    return TICKS[max(first - 1, 0) : last + 1]


def _mark_reliable(axes: Axes, trials: TrialSummary, low: float) -> None:
    """Dotted lines at `RELIABLE_ERRORS` false alarms and as many misses, where they lie inside the drawing."""
    for num_trials, line in ((trials.num_nontarget, axes.axvline), (trials.num_target, axes.axhline)):
        if low < RELIABLE_ERRORS / max(num_trials, 1) < 0.5:
            line(ndtri(RELIABLE_ERRORS / num_trials), color=MUTED_LIGHT, linewidth=1, linestyle=":")
