"""Normal scores give straight lines, and the axes hold what matters."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import ndtr

from voxmetric.reports.det import det_figure
from voxmetric.reports.results import Comparison, Estimate

Make = Callable[..., Comparison]


def points(drawing: str, series: int) -> np.ndarray:
    """The corners (M, 2) of a series' line, in units of the drawing."""
    path = re.search(rf'<g class="series-{series}">\s*<path d="([^"]+)"', drawing)
    assert path is not None
    return np.array(re.findall(r"[ML] (\S+) (\S+)", path[1]), dtype=float)


def test_curve_of_normal_scores_is_a_straight_line(make_comparison: Make) -> None:
    comparison = make_comparison(1)
    thresholds = np.linspace(-3, 3, 200)
    det = {"false_alarm": ndtr(-thresholds - 1).tolist(), "miss": ndtr(thresholds - 1).tolist()}
    objective = dataclasses.replace(comparison.objectives[0], det=det)
    x, y = points(det_figure([objective], comparison.trials), 0).T
    assert np.ptp(x) > 100
    assert np.ptp(y - x) < 0.1  # falls by as much as it goes right; SVG counts downwards


@pytest.mark.parametrize("eer", [0.02, 0.48])
def test_axes_hold_the_equal_error_rate(make_comparison: Make, eer: float) -> None:
    comparison = make_comparison(1)
    objective = comparison.objectives[0]
    objective = dataclasses.replace(objective, metrics=objective.metrics | {"eer": Estimate(eer, eer, eer)})
    drawing = det_figure([objective], comparison.trials)
    labels = [float(label) for label in re.findall(r"<text[^>]*>([\d.]+)</text>", drawing)]
    assert min(labels) < 100 * eer < max(labels)


def test_perfect_scores_can_be_drawn(make_comparison: Make) -> None:
    comparison = make_comparison(1)
    objective = dataclasses.replace(
        comparison.objectives[0],
        det={"false_alarm": [1.0, 0.0, 0.0], "miss": [0.0, 0.0, 1.0]},
        metrics={"eer": Estimate(0.0, 0.0, 0.0)},
    )
    assert "nan" not in det_figure([objective], comparison.trials)


def test_few_trials_are_marked(make_comparison: Make) -> None:
    comparison = make_comparison(1)
    few = dataclasses.replace(comparison.trials, num_target=300, num_nontarget=400)
    many = dataclasses.replace(comparison.trials, num_target=10**6, num_nontarget=10**8)
    dotted = [det_figure(comparison.objectives, trials).count("stroke-dasharray: 1") for trials in (few, many)]
    assert dotted[0] == dotted[1] + 2
