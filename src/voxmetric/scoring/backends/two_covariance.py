"""The two-covariance model: a Gaussian of speakers, and around each a Gaussian of recordings.

Recording `x = y + e` of a speaker `y ~ N(mean, B)` with `e ~ N(0, W)`; all recordings of a speaker share `y` (Brümmer
and de Villiers, "The speaker partitioning problem", Odyssey 2010; full-rank PLDA of Ioffe, ECCV 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.backends.training import Scatter

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TwoCovariance:
    """The model.

    Attributes:
        mean: (D,) of speakers.
        between: (D, D) covariance of speakers, B.
        within: (D, D) covariance of recordings around their speaker, W.
    """

    mean: Matrix
    between: Matrix
    within: Matrix

    def axes(self) -> tuple[Matrix, Matrix]:
        """Axes `V` (D, D) in which both covariances are diagonal: `V' W V = I` and `V' B V = diag(b)`; and b (D,).

        Raises:
            InputError: if W is singular.
        """
        from scipy.linalg import eigh

        try:
            variances, directions = eigh(self.between, self.within)
        except np.linalg.LinAlgError as error:
            raise InputError(
                "the covariance within speakers cannot be inverted: choose more training recordings, or fewer "
                "dimensions"
            ) from error
        return directions, np.maximum(variances, 0.0)


def start(scatter: Scatter) -> TwoCovariance:
    """Moments of the speakers' means and of the recordings around them, from which the fit starts.

    Raises:
        InputError: if there are too few recordings for the covariance within speakers to be invertible.
    """
    num_recordings, (num_speakers, size) = scatter.counts.sum(), scatter.means.shape
    if num_recordings - num_speakers < size:
        raise InputError(
            f"expected at least {num_speakers + size} recordings of {num_speakers} speakers for {size} dimensions, "
            f"found {num_recordings:.0f}: set dimensions to at most {max(1, int(num_recordings) - num_speakers)}, or "
            "choose more"
        )
    mean = scatter.means.mean(axis=0)
    centred = scatter.means - mean
    within = scatter.within / (num_recordings - num_speakers)
    return TwoCovariance(mean, centred.T @ centred / num_speakers, within)


def improve(scatter: Scatter, model: TwoCovariance) -> tuple[TwoCovariance, float]:
    """One step of expectation-maximisation, in closed form for all speakers at once.

    In the axes of `TwoCovariance.axes` a speaker with n recordings of mean z has the posterior mean
    `n b / (1 + n b) z` and variance `b / (1 + n b)`.

    Returns:
        the better model, and the log-likelihood of all recordings under the old one, in nats.
    """
    axes, variances = model.axes()
    back = model.within @ axes  # inverse of axes', as axes' W axes = I
    counts = scatter.counts[:, None]
    num_speakers, num_recordings = len(counts), scatter.counts.sum()
    means = (scatter.means - model.mean) @ axes
    within = axes.T @ scatter.within @ axes
    gain = 1.0 + counts * variances
    posterior_variances = variances / gain
    speakers = counts * posterior_variances * means
    log_likelihood = -0.5 * float(
        num_recordings * (len(variances) * np.log(2.0 * np.pi) - 2.0 * np.linalg.slogdet(axes)[1])
        + np.log(gain).sum()
        + np.trace(within)
        + (counts * means**2 / gain).sum()
    )
    mean = speakers.mean(axis=0)
    spread = speakers - mean
    between = spread.T @ spread / num_speakers + np.diag(posterior_variances.mean(axis=0))
    left_over = means - speakers
    within = (within + (left_over.T * scatter.counts) @ left_over) / num_recordings + np.diag(
        (counts * posterior_variances).sum(axis=0) / num_recordings
    )
    return TwoCovariance(model.mean + back @ mean, back @ between @ back.T, back @ within @ back.T), log_likelihood


def fit(scatter: Scatter, *, iterations: int = 50, tolerance: float = 1e-6) -> TwoCovariance:
    """Maximum likelihood by expectation-maximisation.

    Args:
        scatter: of the training recordings.
        iterations: at most this many steps.
        tolerance: fewer nats a recording gained by a step end the fit.

    Raises:
        InputError: if there are too few recordings.
    """
    model = start(scatter)
    before = -np.inf
    for _ in range(iterations):
        better, log_likelihood = improve(scatter, model)
        if log_likelihood - before < tolerance * scatter.counts.sum():
            break
        model, before = better, log_likelihood
    return model
