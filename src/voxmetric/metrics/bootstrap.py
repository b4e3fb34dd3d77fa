"""What bootstrap replicates of a figure say: its interval, and whether a difference is real.

The ends are quantiles of the replicates, taken a little further out than the level says, by as much as Student's t is
wider than the normal distribution: with S independent units at `Phi(sqrt(S / (S - 1)) t)` (Hesterberg, "What teachers
should know about the bootstrap", 2015, section 5.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval.

    Attributes:
        value: the figure on everything, each unit counted once.
        low: lower end.
        high: upper end.
    """

    value: float
    low: float
    high: float


class Bootstrap:
    """Intervals and p-values from replicates (B,) in which independent units were resampled.

    Attributes:
        num_units: S, how many units there are to resample.
        units: what they are, in the plural, such as `speakers`.
        num_resamples: B.
        level: coverage of the intervals, such as 0.95.
    """

    def __init__(self, num_units: int, units: str, num_resamples: int, level: float) -> None:
        """Hold the sizes.

        Raises:
            InputError: for fewer than 2 resamples, fewer than 2 units, or a level outside (0, 1).
        """
        check_resampling(num_resamples, level)
        if num_units < 2:
            raise InputError(f"expected at least 2 {units} to resample, found {num_units}")
        self.num_units = num_units
        self.units = units
        self.num_resamples = num_resamples
        self.level = level
        self._widening = math.sqrt(num_units / (num_units - 1))

    def percentiles(self, value: float, replicates: NDArray[np.float64]) -> Interval:
        """`value` with the interval that its replicates (B,) give at the bootstrap's level."""
        from scipy.special import ndtr, stdtrit

        student = stdtrit(self.num_units - 1, (1.0 - self.level) / 2.0)
        tail = float(ndtr(student * self._widening))
        low, high = np.quantile(replicates, [tail, 1.0 - tail])
        return Interval(value, float(low), float(high))

    def two_sided_p_value(self, differences: NDArray[np.float64]) -> float:
        """Of the hypothesis that a difference is zero, given its replicates (B,): inverts `percentiles`.

        Twice the smaller share of replicates on either side of zero, the observed list counted as one more (Davison and
        Hinkley, "Bootstrap methods and their application", 1997, section 4.2), carried from the normal to Student's t.
        """
        from scipy.special import ndtri, stdtr

        on_either_side = [np.count_nonzero(differences <= 0.0), np.count_nonzero(differences >= 0.0)]
        share = (1 + min(on_either_side)) / (len(differences) + 1)
        if share >= 0.5:
            return 1.0
        return float(2.0 * stdtr(self.num_units - 1, ndtri(share) / self._widening))

    def over_runs(self, figures: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
        """Replicates (B,) of the mean over the R training runs of a system, from those of each run (B, R).

        The runs are resampled as well. Systems with equally many runs are resampled in step, so runs that belong
        together should stand in the same column. Plain resampling understates the variance of R runs by (R - 1) / R,
        so a resample's deviation from the mean is widened by the root of the inverse. No figure is below zero.
        """
        num_runs = figures.shape[1]
        times_drawn = np.random.default_rng([seed, num_runs]).multinomial(
            num_runs, np.full(num_runs, 1.0 / num_runs), size=self.num_resamples
        )
        mean = figures.mean(axis=1)
        widening = math.sqrt(num_runs / max(1, num_runs - 1))
        resampled = mean + widening * ((figures * times_drawn).sum(axis=1) / num_runs - mean)
        return np.asarray(np.maximum(resampled, 0.0))


def widened_at_bounds(rate: Interval, num_units: int, level: float = 0.95) -> Interval:
    """The interval of a rate of 0 or 1, out to what none or all of so many independent units leave possible.

    Where nobody errs no resample does, and the bootstrap's interval is a point. None of n units leaves rates up to
    1 - 0.025 ** (1 / n) possible at 95 % (Clopper and Pearson, 1934), about 3.7 / n.

    Args:
        rate: in [0, 1].
        num_units: how many it is a mean over, such as speakers, each of which stands or falls as a whole.
        level: coverage.
    """
    most = 1.0 - ((1.0 - level) / 2.0) ** (1.0 / max(1, num_units))
    if rate.value <= 0.0:
        return Interval(rate.value, rate.low, max(rate.high, most))
    if rate.value >= 1.0:
        return Interval(rate.value, min(rate.low, 1.0 - most), rate.high)
    return rate


def check_resampling(num_resamples: int, level: float) -> None:
    """Refuse fewer than 2 resamples, or a level outside (0, 1).

    Raises:
        InputError: naming both.
    """
    if num_resamples < 2 or not 0.0 < level < 1.0:
        raise InputError(
            f"expected at least 2 resamples and a level between 0 and 1, found {num_resamples} and {level}"
        )
