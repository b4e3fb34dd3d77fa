from __future__ import annotations

import pytest
from scipy.stats import binomtest

from voxmetric.metrics.bootstrap import Interval, widened_at_bounds


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_rates_of_none_and_all_get_the_exact_binomial_interval(level):
    for errors, bounds in ((0, (0.0, 0.0)), (25, (1.0, 1.0))):
        exact = binomtest(errors, 25).proportion_ci(level)
        found = widened_at_bounds(Interval(errors / 25, *bounds), 25, level)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_other_rates_and_wider_intervals_stay():
    assert widened_at_bounds(Interval(0.2, 0.1, 0.3), 25) == Interval(0.2, 0.1, 0.3)
    assert widened_at_bounds(Interval(0.0, 0.0, 0.5), 25) == Interval(0.0, 0.0, 0.5)
