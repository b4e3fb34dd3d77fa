"""Training curves: long ones are thinned to means, seeds are thin and their mean is thick."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from voxmetric.reports.results import Comparison
from voxmetric.reports.training_curves import POINTS_A_CURVE, _window_means, development_figure, loss_figure

Make = Callable[..., Comparison]


@pytest.mark.parametrize("length", [0, 1, 149, 150, 151, 10_007])
def test_window_means(length: int) -> None:
    values = np.random.default_rng(length).normal(size=length)
    window = max(1, int(np.ceil(length / POINTS_A_CURVE)))
    expected = [float(np.mean(values[start : start + window])) for start in range(0, length, window)]
    means = _window_means(values.tolist())
    assert len(means) <= POINTS_A_CURVE
    assert np.allclose(means, expected)


def lines_of_series(drawing: str) -> list[str]:
    return re.findall(r'<g class="series-0">\s*<path[^>]*stroke-width: ([\d.]+)', drawing)


def test_seeds_are_thin_and_their_mean_is_thick(make_comparison: Make) -> None:
    objectives = make_comparison(1).objectives
    assert lines_of_series(development_figure(objectives)) == ["0.6", "0.6", "0.6", "1.6"]


def test_seeds_seen_at_different_steps_have_no_mean(make_comparison: Make) -> None:
    (objective,) = make_comparison(1).objectives
    first, *others = objective.curves
    shorter = dataclasses.replace(first, eer_steps=first.eer_steps[:5], eer=first.eer[:5])
    uneven = dataclasses.replace(objective, curves=[shorter, *others])
    assert lines_of_series(development_figure([uneven])) == ["0.6", "0.6", "0.6"]


def test_each_objective_has_a_panel_for_its_loss(make_comparison: Make) -> None:
    comparison = make_comparison(5)
    drawing = loss_figure(comparison.objectives)
    assert [drawing.count(f">{objective.name}</text>") for objective in comparison.objectives] == [1] * 5
