from __future__ import annotations

import numpy as np
import pytest

from voxmetric.metrics.operating_points import OperatingPoints, operating_points, points_and_thresholds


def test_every_point_is_a_count(trials):
    points, thresholds = points_and_thresholds(trials.scores, trials.labels)
    target, nontarget = trials.scores[trials.labels == 1], trials.scores[trials.labels == 0]
    np.testing.assert_array_equal(thresholds, np.unique(target))
    assert (points.miss[0], points.false_alarm[0]) == (0.0, 1.0)
    assert (points.miss[-1], points.false_alarm[-1]) == (1.0, 0.0)
    for place, threshold in enumerate(thresholds):
        accepting, rejecting = 1 + 2 * place, 2 + 2 * place
        assert points.miss[accepting] == pytest.approx((target < threshold).mean())
        assert points.miss[rejecting] == pytest.approx((target <= threshold).mean())
        assert points.false_alarm[accepting] == pytest.approx((nontarget >= threshold).mean())
        assert points.false_alarm[rejecting] == pytest.approx((nontarget > threshold).mean())


def test_histograms_give_the_same_points(trials):
    points, edges = points_and_thresholds(trials.scores, trials.labels)
    bins = np.searchsorted(edges, trials.scores, "left") + np.searchsorted(edges, trials.scores, "right")
    target, nontarget = (np.bincount(bins[trials.labels == label], minlength=2 * len(edges) + 1) for label in (1, 0))
    binned = OperatingPoints.between_bins(target, nontarget)
    np.testing.assert_allclose(binned.miss, points.miss, atol=1e-12)
    np.testing.assert_allclose(binned.false_alarm, points.false_alarm, atol=1e-12)


def test_hull_is_convex_and_below_every_point(trials):
    points = operating_points(trials.scores, trials.labels)
    hull = points.convex_hull()
    slopes = np.diff(hull.false_alarm) / np.diff(hull.miss)
    assert (np.diff(slopes) > 0).all()
    assert (np.interp(points.miss, hull.miss, hull.false_alarm) <= points.false_alarm + 1e-12).all()
    corners = set(zip(points.miss, points.false_alarm, strict=True))
    assert all(corner in corners for corner in zip(hull.miss, hull.false_alarm, strict=True))


def test_single_precision_is_not_widened_into_ties_or_out_of_them():
    close = np.nextafter(np.float32(0.5), np.float32(1.0))
    points, thresholds = points_and_thresholds(np.array([0.5, close], dtype=np.float32), [0, 1])
    assert thresholds.dtype == np.float32
    assert points.false_alarm[1] == 0.0
