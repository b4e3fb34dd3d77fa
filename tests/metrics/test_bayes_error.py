from __future__ import annotations

import numpy as np
import pytest

from voxmetric.metrics import act_dcf, min_dcf
from voxmetric.metrics.bayes_error import bayes_error_curve


def test_equals_the_detection_costs_at_each_prior():
    rng = np.random.default_rng(0)
    labels = rng.random(2_000) < 0.3
    llrs = 3.0 * rng.standard_normal(2_000) + np.where(labels, 2.0, -2.0)
    log_odds = np.array([-6.0, -1.0, 0.0, 0.5, 4.0])
    curve = bayes_error_curve(llrs, labels, log_odds)
    priors = 1.0 / (1.0 + np.exp(-log_odds))
    assert curve.actual == pytest.approx([act_dcf(llrs, labels, prior) for prior in priors])
    assert curve.minimum == pytest.approx([min_dcf(llrs, labels, prior) for prior in priors])


def test_ratios_that_say_nothing_cost_as_much_as_a_constant_answer():
    labels = np.arange(100) % 2
    curve = bayes_error_curve(np.zeros(100), labels, [-3.0, -1.0, 1.0, 3.0])
    np.testing.assert_allclose(curve.actual, 1.0)
    np.testing.assert_allclose(curve.minimum, 1.0)
