"""Calibration by any rising function: pooling adjacent violators."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import check_scores, split_by_class


@dataclass(frozen=True)
class IsotonicCalibration:
    """A rising piecewise linear map from scores to log-likelihood ratios, flat outside the scores it was fitted on.

    It assumes nothing but that higher means more alike, and needs more trials than the logistic map for it: say ten
    thousand. Between the outermost scores of a pool the ratio is that of the shares of target and non-target trials in
    it (Brümmer and du Preez, 2006); from pool to pool it is a straight line.

    Attributes:
        scores: (K,) rising, the lowest and the highest score of each pool.
        log_likelihood_ratios: (K,) not falling, natural.
    """

    scores: tuple[float, ...]
    log_likelihood_ratios: tuple[float, ...]

    @classmethod
    def fit(cls, scores: ArrayLike, labels: ArrayLike) -> IsotonicCalibration:
        """Pool adjacent violators; the prior has no part in it.

        A made-up trial of each class beyond either end keeps every ratio finite: the highest is no more than what
        "none in so many" supports (Laplace's rule of succession).

        Args:
            scores: (T,) of development trials.
            labels: (T,), 1 = same speaker.

        Raises:
            InputError: for shapes that differ, NaN, infinite scores or an empty class.
        """
        from scipy.optimize import isotonic_regression

        target, nontarget = (part.astype(np.float64) for part in split_by_class(scores, labels))
        if not (np.isfinite(target).all() and np.isfinite(nontarget).all()):
            raise InputError("expected finite scores, found infinite ones; nothing to calibrate")
        distinct, places = np.unique(np.concatenate([target, nontarget]), return_inverse=True)
        num_target = np.bincount(places[: len(target)], minlength=len(distinct))
        num_trials = np.bincount(places, minlength=len(distinct)).astype(np.float64)
        shares = np.concatenate([[0.5], num_target / num_trials, [0.5]])
        weights = np.concatenate([[2.0], num_trials, [2.0]])
        share = isotonic_regression(shares, weights=weights).x[1:-1]
        prior_odds = (len(target) + 2) / (len(nontarget) + 2)
        ratios = np.log(share) - np.log1p(-share) - math.log(prior_odds)
        ends = _ends_of_runs(ratios)
        return cls(tuple(distinct[ends].tolist()), tuple(ratios[ends].tolist()))

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (T,).

        Raises:
            InputError: for another shape or NaN.
        """
        return np.interp(check_scores(scores).astype(np.float64), self.scores, self.log_likelihood_ratios)


def _ends_of_runs(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Where runs of equal values begin and end, each place once."""
    changes = values[1:] != values[:-1]
    return np.flatnonzero(np.append(True, changes) | np.append(changes, True))
