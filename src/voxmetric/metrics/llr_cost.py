"""The cost of log-likelihood ratios over all operating points: Cllr, and its minimum under perfect calibration."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.metrics.labelled_scores import Floats, split_by_class
from voxmetric.metrics.operating_points import OperatingPoints, operating_points


def cllr(llrs: ArrayLike, labels: ArrayLike) -> float:
    """Cost of log-likelihood ratios, in bits: 0 is perfect, 1 says nothing, more than 1 misleads.

    Half the mean of `log2(1 + exp(-llr))` over target trials plus half the mean of `log2(1 + exp(llr))` over non-target
    trials (Brümmer and du Preez, "Application-independent evaluation of speaker detection", 2006).

    Args:
        llrs: (T,) natural log-likelihood ratios; raw cosines are not, see `scoring.calibration`.
        labels: (T,), 1 = same speaker.

    Raises:
        InputError: for shapes that differ, NaN or an empty class.
    """
    target, nontarget = split_by_class(llrs, labels)
    return float(target_bits(target).mean(dtype=np.float64) + target_bits(-nontarget).mean(dtype=np.float64)) / 2.0


def target_bits(llrs: Floats) -> Floats:
    """`log2(1 + exp(-llr))` without overflow: what each (T,) ratio costs on a target trial, in bits."""
    bits: Floats = np.maximum(-llrs, 0.0)  # with log1p several times faster than logaddexp, and as stable
    bits += np.log1p(np.exp(-np.abs(llrs)))
    bits /= bits.dtype.type(math.log(2.0))
    return bits


def min_cllr(scores: ArrayLike, labels: ArrayLike) -> float:
    """The lowest `cllr` that any rising function of the scores reaches, in [0, 1] bits.

    Pools adjacent violators (Brümmer and du Preez, 2006): on each segment of the convex hull of the ROC curve the
    ratio is that of the shares of target and non-target trials within.

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.

    Raises:
        InputError: for shapes that differ, NaN or an empty class.
    """
    return minimum_llr_cost(operating_points(scores, labels))


def minimum_llr_cost(points: OperatingPoints) -> float:
    """`min_cllr` of given operating points."""
    hull = points.convex_hull()
    target, nontarget = np.diff(hull.miss), -np.diff(hull.false_alarm)
    both = target + nontarget
    return float(_bits(target, both) + _bits(nontarget, both)) / 2.0


def _bits(share: NDArray[np.float64], both: NDArray[np.float64]) -> np.float64:
    """Sum of `share log2(both / share)`, in which an empty share costs nothing."""
    some = share > 0.0
    return np.sum(share[some] * np.log2(both[some] / share[some]))
