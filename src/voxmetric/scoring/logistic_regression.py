"""Prior-weighted logistic regression: the fit behind calibration, calibration with quality measures, and fusion."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import check_labels

RIDGE = 1e-6
"""Weight of the squared coefficients (per standard deviation of their regressors) in the fit: holds them finite where
the classes are perfectly separable, and changes them by less than the sampling error otherwise."""


def fit_log_likelihood_ratio(
    regressors: ArrayLike, labels: ArrayLike, prior: float = 0.5
) -> tuple[NDArray[np.float64], float]:
    """The affine function of the regressors that is the best log-likelihood ratio at a prior.

    Minimises the prior-weighted cross-entropy of the posterior (Brümmer and du Preez, 2006; at prior 0.5, Cllr),
    `prior mean_target log(1 + exp(-(llr + b))) + (1 - prior) mean_nontarget log(1 + exp(llr + b))` with
    `b = log(prior / (1 - prior))`, plus `RIDGE` times the squared standardised coefficients; Newton's method in
    float64. A regressor that is constant gets the coefficient 0.

    Args:
        regressors: (T, K), the scores of T trials among them.
        labels: (T,), 1 = same speaker.
        prior: probability of a target trial at which the ratios matter most, in (0, 1).

    Returns:
        Coefficients (K,) and offset.

    Raises:
        InputError: for shapes that differ, an empty class, an impossible prior, or regressors that are not finite or
            all constant.
    """
    if not 0.0 < prior < 1.0:
        raise InputError(f"expected a prior between 0 and 1, found {prior}")
    is_target = check_labels(labels)
    values = np.asarray(regressors, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(is_target):
        raise InputError(f"expected regressors of shape ({len(is_target)}, K), found {values.shape}")
    if not np.isfinite(values).all() or (np.ptp(values, axis=0) == 0.0).all():
        raise InputError("expected finite scores that differ, found infinite or constant ones; nothing to calibrate")
    centre, spread = values.mean(axis=0), values.std(axis=0)
    spread[np.ptp(values, axis=0) == 0.0] = 1.0
    num_target = np.count_nonzero(is_target)
    weights = np.where(is_target, prior / num_target, (1.0 - prior) / (len(is_target) - num_target))
    design = np.vstack([((values - centre) / spread).T, np.ones(len(values))])
    parameters = _minimise(design, np.where(is_target, 1.0, -1.0), weights, math.log(prior / (1.0 - prior)))
    coefficients = parameters[:-1] / spread
    return coefficients, float(parameters[-1] - coefficients @ centre)


def _minimise(
    design: NDArray[np.float64], signs: NDArray[np.float64], weights: NDArray[np.float64], logit: float
) -> NDArray[np.float64]:
    """Parameters (K + 1,) for a design (K + 1, T): Newton steps, halved until the (convex) objective falls."""
    ridge = np.append(np.full(len(design) - 1, RIDGE), 0.0)

    def objective(parameters: NDArray[np.float64]) -> float:
        margins = signs * (parameters @ design + logit)
        return float(weights @ np.logaddexp(0.0, -margins) + ridge @ parameters**2)

    parameters = np.zeros(len(design))
    value = objective(parameters)
    for _ in range(100):
        margins = signs * (parameters @ design + logit)
        wrong = np.exp(-np.logaddexp(0.0, margins))  # posterior of the other class
        gradient = -design @ (weights * signs * wrong) + 2.0 * ridge * parameters
        curvature = (design * (weights * wrong * (1.0 - wrong))) @ design.T + np.diag(2.0 * ridge)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        length = 1.0
        while (tried := objective(parameters - length * step)) > value and length > 1e-10:
            length /= 2.0
        if value - tried <= 1e-15 * max(1.0, value):
            break
        parameters, value = parameters - length * step, tried
    return parameters
