"""Calibration: from scores of any scale to log-likelihood ratios that can be trusted at a stated prior."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import check_scores, split_by_class

RIDGE = 1e-6
"""Weight of the squared scale (per standard deviation of the scores) in the fit: holds it finite where the classes
are perfectly separable, and changes it by less than the sampling error otherwise."""


@dataclass(frozen=True)
class LogisticCalibration:
    """The map `llr = scale * score + offset`, fitted by prior-weighted logistic regression.

    Fit it on development trials whose speakers are not among those of the test trials.

    Attributes:
        scale: positive where higher scores mean more alike.
        offset: the log-likelihood ratio of the score 0.
    """

    scale: float
    offset: float

    @classmethod
    def fit(cls, scores: ArrayLike, labels: ArrayLike, prior: float = 0.5) -> LogisticCalibration:
        """Minimise the prior-weighted cross-entropy of the posterior (Brümmer and du Preez, 2006; at prior 0.5, Cllr).

        `prior mean_target log(1 + exp(-(llr + b))) + (1 - prior) mean_nontarget log(1 + exp(llr + b))` with
        `b = log(prior / (1 - prior))`, plus `RIDGE` times the squared standardised scale; Newton's method in float64.

        Args:
            scores: (T,) of development trials.
            labels: (T,), 1 = same speaker.
            prior: probability of a target trial at which the ratios matter most, in (0, 1).

        Raises:
            InputError: for shapes that differ, NaN, infinite or constant scores, an empty class or an impossible prior.
        """
        if not 0.0 < prior < 1.0:
            raise InputError(f"expected a prior between 0 and 1, found {prior}")
        target, nontarget = (part.astype(np.float64) for part in split_by_class(scores, labels))
        values = np.concatenate([target, nontarget])
        if not np.isfinite(values).all() or values.min() == values.max():
            raise InputError(
                "expected finite scores that differ, found infinite or constant ones; nothing to calibrate"
            )
        centre, spread = values.mean(), values.std()
        weights = np.concatenate(
            [np.full(len(target), prior / len(target)), np.full(len(nontarget), (1.0 - prior) / len(nontarget))]
        )
        signs = np.concatenate([np.ones(len(target)), -np.ones(len(nontarget))])
        logit = math.log(prior / (1.0 - prior))
        scale, offset = _minimise((values - centre) / spread, signs, weights, logit)
        return cls(scale / spread, offset - scale * centre / spread)

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (T,).

        Raises:
            InputError: for another shape or NaN.
        """
        return self.scale * check_scores(scores).astype(np.float64) + self.offset


def _minimise(
    scores: NDArray[np.float64], signs: NDArray[np.float64], weights: NDArray[np.float64], logit: float
) -> tuple[float, float]:
    """Scale and offset for standardised scores: Newton steps, halved until the (convex) objective falls."""
    design = np.stack([scores, np.ones_like(scores)])
    ridge = np.array([RIDGE, 0.0])

    def objective(parameters: NDArray[np.float64]) -> float:
        margins = signs * (parameters @ design + logit)
        return float(weights @ np.logaddexp(0.0, -margins) + ridge @ parameters**2)

    parameters = np.zeros(2)
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
    return float(parameters[0]), float(parameters[1])
