"""Calibration: from scores of any scale to log-likelihood ratios that can be trusted at a stated prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.metrics.labelled_scores import check_labels, check_scores
from voxmetric.scoring.logistic_regression import fit_log_likelihood_ratio


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
        """Fit on development trials; see `logistic_regression.fit_log_likelihood_ratio` for what is minimised.

        Args:
            scores: (T,) of development trials.
            labels: (T,), 1 = same speaker.
            prior: probability of a target trial at which the ratios matter most, in (0, 1).

        Raises:
            InputError: for shapes that differ, NaN, infinite or constant scores, an empty class or an impossible prior.
        """
        values = check_scores(scores, len(check_labels(labels)))
        (scale,), offset = fit_log_likelihood_ratio(values[:, np.newaxis], labels, prior)
        return cls(float(scale), offset)

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (T,).

        Raises:
            InputError: for another shape or NaN.
        """
        return self.scale * check_scores(scores).astype(np.float64) + self.offset
