"""Negative mean distance of all pairs of crops (Chung et al.'s evaluation)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from voxmetric.scoring import pair_products
from voxmetric.scoring.backends.backend import BackEnd, Indices, Vectors, unit


class CropsDistance(BackEnd):
    """Negative mean of the Euclidean distances of every crop of one side to every crop of the other.

    Crops are scaled to unit length first. The mean of distances does not order trials as the mean of cosines does: the
    distance of unit vectors is `sqrt(2 - 2 cos)`.

    A side is (N, K, D): the crops of each model or recording; models with fewer recordings are filled up with zeros,
    which count for nothing.
    """

    takes_crops: ClassVar[bool] = True

    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """All crops of each model: (M, K, D)."""
        counts = np.bincount(owners, minlength=num_models)
        place = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        _, num_crops, size = vectors.shape
        side = np.zeros((num_models, int(counts.max(initial=0)), num_crops, size), dtype=np.float32)
        side[owners, place] = unit(vectors)
        return side.reshape(num_models, -1, size)

    def test(self, vectors: Vectors) -> Vectors:
        """The crops (N, C, D) at unit length."""
        return unit(vectors)

    def matrix(self, enrol: Vectors, test: Vectors) -> NDArray[np.float32]:
        """See `BackEnd.matrix`."""
        scores = np.empty((len(enrol), len(test)), dtype=np.float32)
        columns = test.reshape(-1, test.shape[2]).T
        weights = _weights(enrol)
        height = max(1, pair_products.BLOCK_CELLS // (enrol.shape[1] * columns.shape[1]))
        for start in range(0, len(enrol), height):
            part = slice(start, start + height)
            distances = _distances(enrol[part].reshape(-1, enrol.shape[2]) @ columns)
            by_crop = distances.reshape(-1, enrol.shape[1], len(test), test.shape[1]).mean(axis=3)
            scores[part] = -np.einsum("mk,mkn->mn", weights[part], by_crop)
        return scores

    def pairs(self, enrol: Vectors, test: Vectors, first: Indices, second: Indices) -> NDArray[np.float32]:
        """See `BackEnd.pairs`."""
        scores = np.empty(len(first), dtype=np.float32)
        weights = _weights(enrol)
        num_crops = enrol.shape[1] + test.shape[1]
        chunk = max(1, pair_products.BLOCK_CELLS // (num_crops * test.shape[2]))
        for start in range(0, len(first), chunk):
            part = slice(start, start + chunk)
            distances = _distances(enrol[first[part]] @ test[second[part]].swapaxes(1, 2))
            scores[part] = -np.einsum("tk,tk->t", weights[first[part]], distances.mean(axis=2))
        return scores


def _distances(cosines: Vectors) -> Vectors:
    """Distances of unit vectors, in place of their cosines."""
    np.multiply(cosines, -2.0, out=cosines)
    np.add(cosines, 2.0, out=cosines)
    np.maximum(cosines, 0.0, out=cosines)
    return np.sqrt(cosines, out=cosines)


def _weights(side: Vectors) -> Vectors:
    """What each crop of a side counts in the mean: (N, K), rows adding up to 1."""
    real = side.any(axis=2)
    weights: Vectors = (real / real.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights
