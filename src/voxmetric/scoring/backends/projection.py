"""Cosine after an affine map of the embeddings: mean subtraction, whitening, linear discriminant analysis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.backends.backend import Indices, InnerProducts, Vectors, mean_of_models, unit
from voxmetric.scoring.backends.training import Scatter, TrainingSet

SHRINKAGE = 1e-3
"""Share of the mean variance that is added to every variance before a covariance is inverted: directions in which the
training embeddings hardly vary are not blown up."""


@dataclass(frozen=True, eq=False)
class ProjectedCosine(InnerProducts):
    """Cosine of `(x - mean) @ directions`; several recordings of a model are averaged as unit vectors.

    Attributes:
        mean: (D,) float32.
        directions: (D, K) float32, or (D, 0) where there is none.
        model: fingerprint of the model whose embeddings it was fitted to.
        source: what it was fitted to, in words.
    """

    mean: Vectors
    directions: Vectors
    model: str
    source: str

    def project(self, vectors: Vectors) -> Vectors:
        """Unit vectors (N, K) of embeddings (N, D).

        Raises:
            InputError: for embeddings of another size.
        """
        if vectors.shape[-1] != len(self.mean):
            raise InputError(f"the back-end is for embeddings of {len(self.mean)} numbers, found {vectors.shape[-1]}")
        centred: Vectors = vectors - self.mean
        return unit(centred @ self.directions if self.directions.shape[1] else centred)

    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """Unit-length directions (M, K)."""
        return unit(mean_of_models(self.project(vectors), owners, num_models))

    def test(self, vectors: Vectors) -> Vectors:
        """Unit-length directions (N, K)."""
        return self.project(vectors)


def centred_cosine(training: TrainingSet) -> ProjectedCosine:
    """Cosine after the mean training embedding is subtracted: what all recordings share tells nobody apart."""
    mean = training.vectors.mean(axis=0, dtype=np.float64)
    return _projected(training, mean, np.empty((len(mean), 0)))


def whitening(training: TrainingSet, dimensions: int | None = None) -> ProjectedCosine:
    """Cosine after the covariance of the training embeddings is made the identity, on its largest `dimensions` axes.

    Raises:
        InputError: if there are not so many dimensions.
    """
    mean = training.vectors.mean(axis=0, dtype=np.float64)
    centred = training.vectors - mean
    variances, axes = np.linalg.eigh(_shrunk(centred.T @ centred / len(centred)))
    kept = _checked(dimensions, len(mean), "the embeddings have")
    return _projected(training, mean, (axes / np.sqrt(variances))[:, ::-1][:, :kept])


def lda(training: TrainingSet, dimensions: int | None = None) -> ProjectedCosine:
    """Cosine in the directions that part speakers best, scaled so that recordings of a speaker vary alike in all.

    The directions `v` solve `B v = b W v` with the largest `b`, of the covariances between the speakers' means, each
    weighted by its recordings, and within speakers (Fisher; Rao, 1948); `v' W v = 1`.

    Args:
        training: embeddings of S speakers.
        dimensions: K, at most the smaller of D and S - 1, which is the default.

    Raises:
        InputError: if there are not so many dimensions, only one speaker, or none with two recordings.
    """
    from scipy.linalg import eigh

    scatter = Scatter.of(training.vectors, training.labels)
    mean = scatter.counts @ scatter.means / scatter.counts.sum()
    centred = scatter.means - mean
    between = (centred.T * scatter.counts) @ centred / scatter.counts.sum()
    _, directions = eigh(between, _shrunk(scatter.within / scatter.counts.sum()))
    kept = _checked(dimensions, min(len(mean), len(scatter.counts) - 1), "embeddings and speakers allow")
    return _projected(training, mean, directions[:, ::-1][:, :kept])


def _projected(training: TrainingSet, mean: NDArray[np.float64], matrix: NDArray[np.float64]) -> ProjectedCosine:
    narrow = np.ascontiguousarray(matrix, dtype=np.float32)
    return ProjectedCosine(mean.astype(np.float32), narrow, training.model, training.describe())


def _shrunk(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    size = len(covariance)
    mean_variance = np.trace(covariance) / size
    if mean_variance <= 0.0:
        raise InputError("the training embeddings do not vary: a covariance cannot be inverted; choose others")
    shrunk: NDArray[np.float64] = covariance + SHRINKAGE * mean_variance * np.eye(size)
    return shrunk


def _checked(dimensions: int | None, most: int, whose: str) -> int:
    if dimensions is not None and not 1 <= dimensions <= most:
        raise InputError(f"expected 1 to {most} dimensions, as {whose}, found {dimensions}")
    return most if dimensions is None else dimensions
