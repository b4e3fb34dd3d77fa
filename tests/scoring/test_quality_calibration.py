from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics import cllr
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.quality_calibration import QualityCalibration


def shifted_scores(num_trials: int = 100_000):
    """Scores that sink with a measure which says nothing of the speakers: llr = 2 s + 1.4 q - 2."""
    rng = np.random.default_rng(0)
    labels = (np.arange(num_trials) % 3 == 0).astype(int)
    qualities = rng.standard_normal((num_trials, 1))
    return rng.standard_normal(num_trials) + 2.0 * labels - 0.7 * qualities[:, 0], labels, qualities


def test_recovers_what_the_measure_does_to_the_scores():
    scores, labels, qualities = shifted_scores()
    calibration = QualityCalibration.fit(scores, labels, qualities)
    assert (calibration.scale, *calibration.weights) == pytest.approx((2.0, 1.4), rel=0.03)
    assert calibration.offset == pytest.approx(-2.0, rel=0.03)
    plain = LogisticCalibration.fit(scores, labels).apply(scores)
    assert cllr(calibration.apply(scores, qualities), labels) < cllr(plain, labels) - 0.05


def test_a_constant_measure_gets_no_weight():
    scores, labels, _ = shifted_scores(2_000)
    calibration = QualityCalibration.fit(scores, labels, np.full((2_000, 2), 3.0))
    plain = LogisticCalibration.fit(scores, labels)
    assert calibration.weights == pytest.approx((0.0, 0.0), abs=1e-12)
    assert (calibration.scale, calibration.offset) == pytest.approx((plain.scale, plain.offset))


def test_qualities_are_needed_and_must_fit():
    calibration = QualityCalibration(1.0, (0.5,), 0.0)
    with pytest.raises(InputError, match="calibration logistic"):
        calibration.apply([1.0])
    with pytest.raises(InputError, match="expected 1 quality measures, found 2"):
        calibration.apply([1.0], [[0.0, 1.0]])
    with pytest.raises(InputError, match="finite quality measures"):
        calibration.apply([1.0], [[np.nan]])
