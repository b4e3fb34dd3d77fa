"""The gain of a split against densities written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from voxmetric.diarization.clustering.k_means import fit
from voxmetric.diarization.clustering.x_means import _gain_on_line, split_gain


@pytest.mark.parametrize("dimensions", [1, 3])
@pytest.mark.parametrize("penalty", [1.0, 2.5])
def test_the_gain_is_that_of_two_gaussians_over_one(dimensions: int, penalty: float) -> None:
    points = np.random.default_rng(0).normal(size=(12, dimensions)).astype(np.float32)
    halves = np.repeat([0, 1], [5, 7])
    points[halves == 1] += 1.0

    one = np.square(points - points.mean(axis=0)).sum() / (dimensions * 11)
    expected = -multivariate_normal(points.mean(axis=0), one * np.eye(dimensions)).logpdf(points).sum()
    parts = [points[halves == half] for half in (0, 1)]
    two = sum(np.square(part - part.mean(axis=0)).sum() for part in parts) / (dimensions * 10)
    for part in parts:
        expected += multivariate_normal(part.mean(axis=0), two * np.eye(dimensions)).logpdf(part).sum()
        expected += len(part) * math.log(len(part) / 12)
    expected -= penalty * (dimensions + 1) / 2 * math.log(12)  # one mean more, and the share of a half
    assert split_gain(points, halves, penalty) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_gained_where_there_is_nothing_to_split() -> None:
    assert split_gain(np.zeros((5, 2), np.float32), np.array([0, 0, 1, 1, 1])) == -math.inf
    assert split_gain(np.eye(5, dtype=np.float32), np.zeros(5, np.int64)) == -math.inf
    assert split_gain(np.eye(2, dtype=np.float32), np.array([0, 1])) == -math.inf


def test_halves_whose_points_coincide_gain_without_bound() -> None:
    halves = np.array([0, 0, 1, 1, 1])
    assert split_gain(np.eye(2, dtype=np.float32)[halves], halves) == math.inf


def test_the_gain_on_a_line_is_that_of_two_lines_from_every_other_four_points() -> None:
    points = np.random.default_rng(3).normal(size=(30, 5)).astype(np.float32)
    points[10:20, 0] += 2.0
    sides = [[place for place in range(30) if place // 4 % 2 == side] for side in (0, 1)]
    expected = 0.0
    for seen, judged in (sides, sides[::-1]):
        one, two = fit(points[seen], 2, 4, 0)[0]
        places = np.array([[point @ (two - one)] for point in points[judged]])
        nearer = [int(np.linalg.norm(point - two) < np.linalg.norm(point - one)) for point in points[judged]]
        expected += split_gain(places, np.array(nearer), 1.5)
    assert _gain_on_line(points, 1.5, 4, 0) == pytest.approx(expected, rel=1e-5)
