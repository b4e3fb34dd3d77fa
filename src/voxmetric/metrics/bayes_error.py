"""The Bayes error rate over all priors: what trusting the ratios costs, and what it would cost at best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.metrics.labelled_scores import split_by_class
from voxmetric.metrics.operating_points import operating_points


@dataclass(frozen=True)
class BayesErrorCurve:
    """Normalised Bayes error rates: 1 is what the better constant answer costs.

    Attributes:
        log_odds: (K,) natural log-odds of a target trial.
        actual: (K,) with the decisions that the ratios lead to; `act_dcf` at equal costs.
        minimum: (K,) with the best threshold for each; `min_dcf`.
    """

    log_odds: NDArray[np.float64]
    actual: NDArray[np.float64]
    minimum: NDArray[np.float64]


def bayes_error_curve(llrs: ArrayLike, labels: ArrayLike, log_odds: ArrayLike) -> BayesErrorCurve:
    """The normalised Bayes error rate over priors (Brümmer and de Villiers, "The BOSARIS toolkit", 2013).

    Args:
        llrs: (T,) natural log-likelihood ratios.
        labels: (T,), 1 = same speaker.
        log_odds: (K,) `log(prior / (1 - prior))`.

    Raises:
        InputError: for shapes that differ, NaN or an empty class.
    """
    odds = np.asarray(log_odds, dtype=np.float64)
    target, nontarget = (np.sort(part) for part in split_by_class(llrs, labels))
    # Of the two error weights, prior and 1 - prior, the smaller is scaled to 1.
    of_miss, of_accept = np.exp(np.maximum(odds, 0.0)), np.exp(np.maximum(-odds, 0.0))
    miss = np.searchsorted(target, -odds, side="left") / len(target)
    accept = 1.0 - np.searchsorted(nontarget, -odds, side="left") / len(nontarget)
    hull = operating_points(llrs, labels).convex_hull()
    costs = of_miss[:, np.newaxis] * hull.miss + of_accept[:, np.newaxis] * hull.false_alarm
    return BayesErrorCurve(odds, of_miss * miss + of_accept * accept, costs.min(axis=1))
