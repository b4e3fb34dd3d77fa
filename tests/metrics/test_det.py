from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from voxmetric.errors import InputError
from voxmetric.metrics import det_curve
from voxmetric.metrics.det import probit


def test_each_threshold_has_the_rates_it_claims(trials):
    curve = det_curve(trials.scores, trials.labels)
    target, nontarget = trials.scores[trials.labels == 1], trials.scores[trials.labels == 0]
    for threshold, miss, false_alarm in zip(curve.thresholds, curve.miss, curve.false_alarm, strict=True):
        assert miss == pytest.approx((target < threshold).mean())
        assert false_alarm == pytest.approx((nontarget >= threshold).mean())


@pytest.mark.parametrize("num_points", [2, 3, 50])
def test_a_reduced_curve_is_a_selection_that_keeps_the_ends(num_points):
    rng = np.random.default_rng(4)
    labels = np.arange(5000) % 2
    scores = rng.standard_normal(len(labels)) + 2.0 * labels
    full, reduced = det_curve(scores, labels), det_curve(scores, labels, num_points)
    assert 2 <= len(reduced.miss) <= num_points
    assert (reduced.miss[0], reduced.miss[-1]) == (0.0, 1.0)
    assert set(reduced.thresholds) <= set(full.thresholds)
    if num_points == 50:
        steps = np.abs(np.diff(probit(reduced.miss))) + np.abs(np.diff(probit(reduced.false_alarm)))
        assert steps[1:-1].max() < 2.0


def test_few_points_are_all_kept():
    assert len(det_curve([0.0, 1.0], [0, 1], num_points=100).miss) == 4


def test_probit_is_the_normal_quantile():
    rates = np.array([0.001, 0.02, 0.5, 0.98])
    np.testing.assert_allclose(probit(rates), norm.ppf(rates))
    assert np.isfinite(probit([0.0, 1.0])).all()


def test_one_point_is_no_curve():
    with pytest.raises(InputError, match="at least 2"):
        det_curve([0.0, 1.0], [0, 1], num_points=1)
