from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from voxmetric.errors import InputError
from voxmetric.metrics import cllr, min_cllr
from voxmetric.scoring.calibration import LogisticCalibration


def normal_scores(num_trials: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = (np.arange(num_trials) % 5 == 0).astype(int)
    return rng.standard_normal(num_trials) + 2.0 * labels, labels


def test_recovers_the_true_ratio_of_two_normal_distributions():
    scores, labels = normal_scores(200_000)
    calibration = LogisticCalibration.fit(scores, labels)
    assert calibration.scale == pytest.approx(2.0, rel=0.02)  # N(2, 1) against N(0, 1): llr = 2 s - 2
    assert calibration.offset == pytest.approx(-2.0, rel=0.02)


@pytest.mark.parametrize("prior", [0.01, 0.5, 0.8])
def test_equals_weighted_logistic_regression(prior):
    scores, labels = normal_scores()
    weights = np.where(labels, prior / labels.sum(), (1 - prior) / (1 - labels).sum()) * len(labels)
    reference = LogisticRegression(C=1e9, tol=1e-10).fit(scores[:, None], labels, sample_weight=weights)
    calibration = LogisticCalibration.fit(scores, labels, prior)
    assert calibration.scale == pytest.approx(reference.coef_[0, 0], rel=1e-3)
    assert calibration.offset == pytest.approx(reference.intercept_[0] - np.log(prior / (1 - prior)), rel=1e-3)


def test_calibrated_scores_nearly_reach_the_minimum():
    scores, labels = normal_scores()
    cosines = 0.3 + 0.1 * scores
    llrs = LogisticCalibration.fit(cosines, labels).apply(cosines)
    assert min_cllr(cosines, labels) < cllr(llrs, labels) < min_cllr(cosines, labels) + 0.01
    assert cllr(llrs, labels) < cllr(cosines, labels)


def test_scale_and_shift_of_the_scores_do_not_matter():
    scores, labels = normal_scores()
    llrs = LogisticCalibration.fit(scores, labels).apply(scores)
    moved = 1e4 + 1e-3 * scores
    np.testing.assert_allclose(LogisticCalibration.fit(moved, labels).apply(moved), llrs, atol=1e-4)


def test_separable_scores_give_finite_ratios_of_the_right_sign():
    scores, labels = np.array([0.0, 0.1, 0.2, 0.8, 0.9, 1.0]), np.array([0, 0, 0, 1, 1, 1])
    calibration = LogisticCalibration.fit(scores, labels)
    llrs = calibration.apply(scores)
    assert np.isfinite(llrs).all()
    assert ((llrs > 0) == labels).all()
    assert cllr(llrs, labels) < 0.01


def test_scores_that_say_the_opposite_get_a_negative_scale():
    scores, labels = normal_scores()
    assert LogisticCalibration.fit(-scores, labels).scale < 0


@pytest.mark.parametrize(
    ("scores", "labels", "prior", "words"),
    [
        ([1.0, 1.0], [0, 1], 0.5, "nothing to calibrate"),
        ([1.0, np.inf], [0, 1], 0.5, "nothing to calibrate"),
        ([1.0, np.nan], [0, 1], 0.5, "NaN"),
        ([1.0, 2.0], [1, 1], 0.5, "both kinds"),
        ([1.0, 2.0], [0, 1], 1.0, "prior between 0 and 1"),
    ],
)
def test_bad_input_is_named(scores, labels, prior, words):
    with pytest.raises(InputError, match=words):
        LogisticCalibration.fit(scores, labels, prior)
