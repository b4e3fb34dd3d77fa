from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from voxmetric.errors import InputError
from voxmetric.metrics import cllr, min_cllr
from voxmetric.scoring.isotonic_calibration import IsotonicCalibration


def normal_scores(num_trials: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = (np.arange(num_trials) % 5 == 0).astype(int)
    return np.round(rng.standard_normal(num_trials) + 2.0 * labels, 2), labels


def test_equals_isotonic_regression_with_a_made_up_trial_of_each_class_at_each_end():
    scores, labels = normal_scores(500)
    low, high = scores.min() - 1.0, scores.max() + 1.0
    reference = IsotonicRegression().fit(
        np.concatenate([scores, [low, low, high, high]]), np.concatenate([labels, [0, 1, 0, 1]])
    )
    posterior = reference.predict(scores)
    odds = (labels.sum() + 2) / ((1 - labels).sum() + 2)
    expected = np.log(posterior / (1 - posterior)) - np.log(odds)
    np.testing.assert_allclose(IsotonicCalibration.fit(scores, labels).apply(scores), expected, atol=1e-9)


def test_is_near_the_true_ratio_and_the_minimum():
    scores, labels = normal_scores(100_000)
    calibration = IsotonicCalibration.fit(scores, labels)
    points = np.linspace(-0.5, 2.5, 13)
    np.testing.assert_allclose(calibration.apply(points), 2.0 * points - 2.0, atol=0.3)
    other, other_labels = normal_scores(50_000, seed=1)
    assert cllr(calibration.apply(other), other_labels) < min_cllr(other, other_labels) + 0.005


def test_never_falls_and_stays_finite_where_classes_part():
    scores, labels = np.arange(20.0), (np.arange(20) >= 10).astype(int)
    ratios = IsotonicCalibration.fit(scores, labels).apply(np.linspace(-100.0, 100.0, 501))
    assert (np.diff(ratios) >= 0).all()
    assert ratios[-1] == pytest.approx(np.log(11))
    assert ratios[0] == pytest.approx(-np.log(11))


def test_bad_input_is_named():
    with pytest.raises(InputError, match="infinite"):
        IsotonicCalibration.fit([0.0, np.inf], [0, 1])
    with pytest.raises(InputError, match="both kinds"):
        IsotonicCalibration.fit([0.0, 1.0], [1, 1])
