"""The gain of a split against densities written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from voxmetric.diarization.clustering.x_means import split_gain


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
