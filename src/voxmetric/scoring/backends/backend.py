"""What every scoring back-end does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from voxmetric.scoring.pair_products import pair_products

Vectors = NDArray[np.float32]
Indices = NDArray[np.integer]


class BackEnd(ABC):
    """Scores enrolled models against test recordings.

    A side is an array whose first axis is the models, or the recordings; what is in it is the back-end's own business.
    The score of a model of one recording with another recording is the same the other way round.

    Attributes:
        takes_crops: whether a recording is the embeddings (C, D) of its crops, not one embedding (D,).
    """

    takes_crops: ClassVar[bool] = False

    @abstractmethod
    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """The enrolment side (M, ...) of M models.

        Args:
            vectors: (R, D), or (R, C, D) of crops: the recordings of the models; none is zero.
            owners: (R,) the model of each, in rising order.
            num_models: M; each has at least one recording.
        """

    @abstractmethod
    def test(self, vectors: Vectors) -> Vectors:
        """The test side (N, ...) of recordings (N, D), or (N, C, D) of crops."""

    @abstractmethod
    def matrix(self, enrol: Vectors, test: Vectors) -> NDArray[np.float32]:
        """The score of every model of one side with every recording of the other: (M, N), a new array."""

    @abstractmethod
    def pairs(self, enrol: Vectors, test: Vectors, first: Indices, second: Indices) -> NDArray[np.float32]:
        """The score of each of T pairs of a model `first` (T,) and a recording `second` (T,): (T,)."""


class InnerProducts(BackEnd):
    """A back-end whose scores are inner products of the two sides' rows."""

    def matrix(self, enrol: Vectors, test: Vectors) -> NDArray[np.float32]:
        """See `BackEnd.matrix`."""
        products: NDArray[np.float32] = enrol @ test.T
        return products

    def pairs(self, enrol: Vectors, test: Vectors, first: Indices, second: Indices) -> NDArray[np.float32]:
        """See `BackEnd.pairs`."""
        return pair_products(enrol, test, first, second)


def row_lengths(vectors: Vectors) -> Vectors:
    """Euclidean lengths (...,) of rows (..., D), without a second array of their size."""
    lengths: Vectors = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))
    return lengths


def unit(vectors: Vectors) -> Vectors:
    """Rows (..., D) scaled to unit length; a row of zeros stays as it is."""
    lengths = row_lengths(vectors)[..., None]
    lengths[lengths == 0.0] = 1.0
    scaled: Vectors = vectors / lengths
    return scaled


def mean_of_models(vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
    """The mean (M, ...) of each model's recordings (R, ...), which stand together."""
    if len(vectors) == num_models:
        return vectors
    counts = np.bincount(owners, minlength=num_models)
    sums = np.add.reduceat(vectors, np.cumsum(counts) - counts, axis=0)
    return np.divide(sums, counts.reshape(-1, *[1] * (vectors.ndim - 1)), dtype=np.float32)
