from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics import cllr
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.fusion import LogisticFusion


def test_recovers_the_true_ratio_of_two_independent_systems():
    # Each is N(d, 1) against N(0, 1): its ratio is d s - d^2 / 2, and those of independent systems add up.
    rng = np.random.default_rng(0)
    labels = (np.arange(200_000) % 4 == 0).astype(int)
    scores = rng.standard_normal((2, len(labels))) + np.array([[1.5], [0.5]]) * labels
    fusion = LogisticFusion.fit(scores, labels)
    assert fusion.weights == pytest.approx((1.5, 0.5), abs=0.02)
    assert fusion.offset == pytest.approx(-1.125 - 0.125, abs=0.03)
    alone = LogisticCalibration.fit(scores[0], labels).apply(scores[0])
    assert cllr(fusion.apply(scores), labels) < cllr(alone, labels)


def test_one_system_is_refused():
    with pytest.raises(InputError, match="two systems or more"):
        LogisticFusion.fit([[0.0, 1.0]], [0, 1])
    with pytest.raises(InputError, match=r"\(2, T\)"):
        LogisticFusion((1.0, 1.0), 0.0).apply(np.zeros((3, 4)))
