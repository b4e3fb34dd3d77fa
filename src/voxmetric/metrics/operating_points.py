"""The operating points of a detector: its two error rates as the threshold rises.

Every figure of this package that does not depend on calibration (EER, minDCF, minCllr, the DET curve) is a function of
these points, whether each trial counts once or with the weight that a bootstrap resample gives it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.metrics.labelled_scores import Floats, split_by_class


@dataclass(frozen=True)
class OperatingPoints:
    """Error rates from the lowest threshold to the highest, joined by straight lines.

    Trials of equal score move together, so a tie between the classes is a slanted step.

    Attributes:
        miss: (M,) share of target trials rejected, rising from 0 to 1.
        false_alarm: (M,) share of non-target trials accepted, falling from 1 to 0.
    """

    miss: NDArray[np.float64]
    false_alarm: NDArray[np.float64]

    @classmethod
    def between_bins(cls, target: ArrayLike, nontarget: ArrayLike) -> OperatingPoints:
        """The points between the bins of two histograms of scores.

        Args:
            target: (M - 1,) weight of the target trials in each bin, in order of score.
            nontarget: (M - 1,) weight of the non-target trials in the same bins.
        """
        target_below = np.concatenate(([0.0], np.cumsum(target, dtype=np.float64)))
        nontarget_below = np.concatenate(([0.0], np.cumsum(nontarget, dtype=np.float64)))
        return cls(target_below / target_below[-1], 1.0 - nontarget_below / nontarget_below[-1])

    def convex_hull(self) -> OperatingPoints:
        """The corners of the lower left convex hull, from no misses to no false alarms.

        A detector that may draw lots between two thresholds reaches every point of it (Provost and Fawcett, "Robust
        classification for imprecise environments", 2001). Its slopes are the isotonic regression of the false alarms
        shed for each miss taken on, found by pooling adjacent violators in linear time.
        """
        from scipy.optimize import isotonic_regression

        last = np.append(self.miss[1:] != self.miss[:-1], True)  # of equal misses, the fewest false alarms
        miss, false_alarm = self.miss[last], self.false_alarm[last]
        widths = np.diff(miss)
        blocks = isotonic_regression(-np.diff(false_alarm) / widths, weights=widths, increasing=False).blocks
        return OperatingPoints(miss[blocks], false_alarm[blocks])


def points_and_thresholds(scores: ArrayLike, labels: ArrayLike) -> tuple[OperatingPoints, Floats]:
    """The operating points at, and just above, each distinct score of a target trial, and those K scores.

    No others are needed: between two target scores the false alarms alone change, along a straight line. The classes
    are sorted apart, in their own precision, several times faster than all trials together with their labels.

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.

    Returns:
        M = 2 K + 2 points: everything accepted, then for each target score in rising order a threshold that still
        accepts it and one that no longer does, then everything rejected; and the target scores (K,).

    Raises:
        InputError: for shapes that differ, NaN, or an empty class.
    """
    target, nontarget = (np.sort(part) for part in split_by_class(scores, labels))
    first = np.flatnonzero(np.append(True, target[1:] != target[:-1]))
    thresholds = target[first]
    miss = np.empty(2 * len(first) + 2)
    miss[0], miss[-1] = 0.0, len(target)
    miss[1:-1:2] = first
    miss[2::2] = np.append(first[1:], len(target))
    miss /= len(target)
    false_alarm = np.empty_like(miss)
    false_alarm[0], false_alarm[-1] = 0.0, len(nontarget)
    false_alarm[1:-1:2] = np.searchsorted(nontarget, thresholds, side="left")
    false_alarm[2::2] = np.searchsorted(nontarget, thresholds, side="right")
    np.subtract(len(nontarget), false_alarm, out=false_alarm)
    false_alarm /= len(nontarget)
    return OperatingPoints(miss, false_alarm), thresholds


def operating_points(scores: ArrayLike, labels: ArrayLike) -> OperatingPoints:
    """The operating points of scored trials; see `points_and_thresholds`."""
    return points_and_thresholds(scores, labels)[0]
