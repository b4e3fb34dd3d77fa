from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t

from voxmetric.metrics.bootstrap import Bootstrap, Interval, widened_at_bounds


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_normal_replicates_get_the_interval_of_student_t(level):
    """Replicates of a mean of 5 units have 4 / 5 of its variance: the root of 5 / 4 makes up for that."""
    replicates = norm.ppf(np.linspace(0.0, 1.0, 200_001)[1:-1])
    found = Bootstrap(5, "speakers", len(replicates), level).percentiles(0.0, replicates)
    half = t.ppf((1.0 + level) / 2.0, 4) * np.sqrt(5 / 4)
    assert (found.low, found.high) == pytest.approx((-half, half), rel=1e-3)


def test_a_difference_that_no_resample_contradicts_is_as_unlikely_as_their_number_allows():
    of_many = Bootstrap(10_000_000, "speakers", 99, 0.95)
    assert of_many.two_sided_p_value(np.ones(99)) == pytest.approx(2 / 100, rel=1e-3)
    assert of_many.two_sided_p_value(np.append(np.ones(97), [-1.0, -1.0])) == pytest.approx(2 * 3 / 100, rel=1e-3)


def test_means_over_runs_vary_as_runs_do():
    figures = np.tile([5.0, 6.0, 10.0], (20_000, 1))
    replicates = Bootstrap(100, "speakers", 20_000, 0.95).over_runs(figures, seed=0)
    assert replicates.mean() == pytest.approx(7.0, abs=0.03)
    assert replicates.var() == pytest.approx(np.var([5.0, 6.0, 10.0], ddof=1) / 3, rel=0.03)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_rates_of_none_and_all_get_the_exact_binomial_interval(level):
    for errors, bounds in ((0, (0.0, 0.0)), (25, (1.0, 1.0))):
        exact = binomtest(errors, 25).proportion_ci(level)
        found = widened_at_bounds(Interval(errors / 25, *bounds), 25, level)
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_other_rates_and_wider_intervals_stay():
    assert widened_at_bounds(Interval(0.2, 0.1, 0.3), 25) == Interval(0.2, 0.1, 0.3)
    assert widened_at_bounds(Interval(0.0, 0.0, 0.5), 25) == Interval(0.0, 0.0, 0.5)
