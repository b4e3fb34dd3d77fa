"""Probabilistic linear discriminant analysis: the log-likelihood ratio of one speaker against two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import unknown_name
from voxmetric.scoring.backends.backend import Indices, InnerProducts, Vectors, mean_of_models, unit
from voxmetric.scoring.backends.projection import ProjectedCosine, centred_cosine, lda
from voxmetric.scoring.backends.training import Scatter, TrainingSet
from voxmetric.scoring.backends.two_covariance import fit

ENROLMENTS = {
    "exact": "the ratio of all recordings of a model",
    "average": "the mean direction of a model's recordings counts as one recording",
}


@dataclass(frozen=True, eq=False)
class Plda(InnerProducts):
    """Natural log-likelihood ratios of the two-covariance model, on centred (and LDA-projected) unit vectors.

    In the axes where W = I and B = diag(b), n recordings of mean z predict another recording of their speaker as
    `N(n b / (1 + n b) z, 1 + b / (1 + n b))`, and one of anybody else as `N(0, 1 + b)`. The log of the quotient is a
    quadratic polynomial in the other recording, thus an inner product of rows of 2K + 1 numbers.

    Attributes:
        projection: what embeddings (N, D) go through first, to unit vectors (N, K).
        mean: (K,) of speakers.
        axes: (K, K) as of `TwoCovariance.axes`.
        variances: (K,) of speakers along the axes, b.
        enrolment: a key of `ENROLMENTS`.
        model: fingerprint of the model whose embeddings it was fitted to.
        source: what it was fitted to, in words.
    """

    projection: ProjectedCosine
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variances: NDArray[np.float64]
    enrolment: str
    model: str
    source: str

    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """Coefficients (M, 2K + 1) of the squares of the other recording, of the recording itself, and of 1."""
        means = mean_of_models(self.projection.project(vectors), owners, num_models)
        if self.enrolment == "exact":
            counts = np.bincount(owners, minlength=num_models)
        else:
            means, counts = unit(means), np.ones(num_models, dtype=np.int64)
        # Models of as many recordings have the same covariance.
        distinct, which = np.unique(counts, return_inverse=True)
        posterior = self.variances / (1.0 + distinct[:, None] * self.variances)
        predicted, anybody = 1.0 + posterior, 1.0 + self.variances
        shrinkage = distinct[:, None] * posterior
        rows = self._along_axes(means)
        sides = np.empty((num_models, 2 * len(self.variances) + 1), dtype=np.float32)
        squares, linear, constant = np.split(sides, (len(self.variances), 2 * len(self.variances)), axis=1)
        squares[:] = (0.5 / anybody - 0.5 / predicted)[which]
        linear[:] = rows * (shrinkage / predicted).astype(np.float32)[which]
        quadratic = (-0.5 * shrinkage**2 / predicted).astype(np.float32)[which]
        constant[:, 0] = np.einsum("mk,mk,mk->m", rows, rows, quadratic)
        constant[:, 0] += (0.5 * np.log(anybody / predicted).sum(axis=1))[which]
        return sides

    def test(self, vectors: Vectors) -> Vectors:
        """Squares, the recording along the axes, and 1: (N, 2K + 1)."""
        rows = self._along_axes(self.projection.project(vectors))
        sides = np.ones((len(rows), 2 * rows.shape[1] + 1), dtype=np.float32)
        np.square(rows, out=sides[:, : rows.shape[1]])
        sides[:, rows.shape[1] : -1] = rows
        return sides

    def _along_axes(self, projected: Vectors) -> Vectors:
        rows: Vectors = projected @ self.axes.astype(np.float32)
        rows -= (self.mean @ self.axes).astype(np.float32)
        return rows


def plda(
    training: TrainingSet,
    dimensions: int | None = None,
    enrolment: str = "exact",
    iterations: int = 50,
) -> Plda:
    """Fit PLDA: subtract the mean, optionally project by LDA, scale to unit length, two covariances by EM.

    Unit length makes embeddings near enough to Gaussian (Garcia-Romero and Espy-Wilson, Interspeech 2011).

    Args:
        training: embeddings of speakers that are not evaluated.
        dimensions: K of the LDA; None: no LDA.
        enrolment: a key of `ENROLMENTS`.
        iterations: of EM, at most.

    Raises:
        InputError: for an unknown enrolment, dimensions that there are not, or too few recordings.
    """
    if enrolment not in ENROLMENTS:
        raise unknown_name("enrolment", enrolment, ENROLMENTS)
    projection = centred_cosine(training) if dimensions is None else lda(training, dimensions)
    found = fit(Scatter.of(projection.project(training.vectors), training.labels), iterations=iterations)
    axes, variances = found.axes()
    return Plda(projection, found.mean, axes, variances, enrolment, model=training.model, source=training.describe())
