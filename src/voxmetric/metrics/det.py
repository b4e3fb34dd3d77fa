"""The DET curve: miss rate against false-alarm rate on normal-deviate axes (Martin et al., 1997)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import Floats
from voxmetric.metrics.operating_points import points_and_thresholds


@dataclass(frozen=True)
class DetCurve:
    """Operating points from the lowest threshold to the highest.

    Attributes:
        thresholds: (M,) a trial is accepted when its score is at least this; from -inf to inf.
        miss: (M,) share of target trials rejected.
        false_alarm: (M,) share of non-target trials accepted.
    """

    thresholds: Floats
    miss: NDArray[np.float64]
    false_alarm: NDArray[np.float64]


def det_curve(scores: ArrayLike, labels: ArrayLike, num_points: int | None = None) -> DetCurve:
    """The DET curve of scored trials.

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.
        num_points: at most this many points, spread evenly along the curve as it is drawn on normal-deviate axes;
            all of them if not given.

    Raises:
        InputError: for shapes that differ, NaN, an empty class or fewer than two points.
    """
    if num_points is not None and num_points < 2:
        raise InputError(f"expected at least 2 points of a DET curve, found {num_points}")
    points, targets = points_and_thresholds(scores, labels)
    thresholds = np.empty(len(points.miss), dtype=targets.dtype)
    thresholds[0], thresholds[-1] = -np.inf, np.inf
    thresholds[1:-1:2] = targets
    thresholds[2::2] = np.nextafter(targets, targets.dtype.type(np.inf))
    keep: NDArray[np.intp] | slice = slice(None)
    if num_points is not None and num_points < len(thresholds):
        drawn = np.cumsum(np.abs(np.diff(probit(points.miss)))) + np.cumsum(np.abs(np.diff(probit(points.false_alarm))))
        even = np.linspace(0.0, drawn[-1], num_points)
        keep = np.unique(np.append(np.searchsorted(drawn, even[:-1], side="right"), len(drawn)))
    return DetCurve(thresholds[keep], points.miss[keep], points.false_alarm[keep])


def probit(rates: ArrayLike, floor: float = 1e-6) -> NDArray[np.float64]:
    """Normal deviates of error rates, the values to draw on DET axes; rates are held within [floor, 1 - floor]."""
    from scipy.special import ndtri

    deviates: NDArray[np.float64] = ndtri(np.clip(rates, floor, 1.0 - floor))
    return deviates
