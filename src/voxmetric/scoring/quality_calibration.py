"""Logistic calibration that also weighs how long and how clean the two recordings are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.labelled_scores import Floats, check_labels, check_scores
from voxmetric.scoring.logistic_regression import fit_log_likelihood_ratio


@dataclass(frozen=True)
class QualityCalibration:
    """The map `llr = scale * score + weights . qualities + offset` (Mandasari et al., "Quality measure functions for
    calibration of speaker recognition systems in various duration conditions", 2013).

    Attributes:
        scale: of the score.
        weights: (Q,) of the quality measures of a trial, `quality.MEASURES`.
        offset: the log-likelihood ratio where score and measures are 0.
    """

    scale: float
    weights: tuple[float, ...]
    offset: float

    @classmethod
    def fit(cls, scores: ArrayLike, labels: ArrayLike, qualities: ArrayLike, prior: float = 0.5) -> QualityCalibration:
        """Fit on development trials, as `LogisticCalibration`, with the measures as further regressors.

        Args:
            scores: (T,) of development trials.
            labels: (T,), 1 = same speaker.
            qualities: (T, Q) as `quality.trial_qualities` makes them; a measure that is constant gets no weight.
            prior: probability of a target trial at which the ratios matter most, in (0, 1).

        Raises:
            InputError: as `LogisticCalibration.fit`, and for qualities of another shape or not finite.
        """
        values = check_scores(scores, len(check_labels(labels)))
        (scale, *weights), offset = fit_log_likelihood_ratio(_stacked(values, qualities), labels, prior)
        return cls(float(scale), tuple(map(float, weights)), offset)

    def apply(self, scores: ArrayLike, qualities: ArrayLike | None = None) -> NDArray[np.float64]:
        """Natural log-likelihood ratios (T,) of scores (T,) and qualities (T, Q).

        Raises:
            InputError: for other shapes, NaN, or without qualities.
        """
        if qualities is None:
            raise InputError(
                "this calibration weighs the recordings' durations and levels, which scores alone do not tell: give "
                "the recordings, or calibrate with `--calibration logistic`"
            )
        regressors = _stacked(check_scores(scores), qualities)
        if regressors.shape[1] != len(self.weights) + 1:
            raise InputError(f"expected {len(self.weights)} quality measures, found {regressors.shape[1] - 1}")
        ratios: NDArray[np.float64] = regressors @ np.array([self.scale, *self.weights]) + self.offset
        return ratios


def _stacked(scores: Floats, qualities: ArrayLike) -> NDArray[np.float64]:
    measures = np.asarray(qualities, dtype=np.float64)
    if measures.ndim != 2 or len(measures) != len(scores) or not np.isfinite(measures).all():
        raise InputError(
            f"expected finite quality measures of shape ({len(scores)}, Q), one row for each trial, "
            f"found shape {measures.shape}"
        )
    return np.column_stack([scores.astype(np.float64), measures])
