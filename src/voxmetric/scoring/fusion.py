"""One system made of several: a weighted sum of their scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.logistic_regression import fit_log_likelihood_ratio


@dataclass(frozen=True)
class LogisticFusion:
    """The map `llr = weights . scores + offset`, fitted by prior-weighted logistic regression and so calibrated.

    After Brümmer et al., "Fusion of heterogeneous speaker recognition systems in the STBU submission for the NIST
    speaker recognition evaluation 2006" (2007).

    Attributes:
        weights: (S,) of the systems.
        offset: the log-likelihood ratio where all scores are 0.
    """

    weights: tuple[float, ...]
    offset: float

    @classmethod
    def fit(cls, scores: ArrayLike, labels: ArrayLike, prior: float = 0.5) -> LogisticFusion:
        """Fit on development trials, whose speakers are not among those of the test trials.

        Args:
            scores: (S, T) of S systems.
            labels: (T,), 1 = same speaker.
            prior: probability of a target trial at which the ratios matter most, in (0, 1).

        Raises:
            InputError: for fewer than two systems, and as `logistic_regression.fit_log_likelihood_ratio`.
        """
        values = np.asarray(scores, dtype=np.float64)
        if values.ndim != 2 or len(values) < 2:
            raise InputError(f"expected the scores of two systems or more, of shape (S, T), found {values.shape}")
        weights, offset = fit_log_likelihood_ratio(values.T, labels, prior)
        return cls(tuple(weights.tolist()), offset)

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (S, T).

        Raises:
            InputError: for another number of systems.
        """
        values = np.asarray(scores, dtype=np.float64)
        if values.ndim != 2 or len(values) != len(self.weights):
            raise InputError(f"expected scores of shape ({len(self.weights)}, T), found {values.shape}")
        ratios: NDArray[np.float64] = np.array(self.weights) @ values + self.offset
        return ratios
