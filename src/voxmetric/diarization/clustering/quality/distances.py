"""Distances between points, for measures of clustering quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError, unknown_name

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

METRICS = ("euclidean", "cosine", "precomputed")


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of N points, computed when asked for.

    Attributes:
        points: (N, D) as the metric uses them, or (N, N) distances.
        metric: one of `METRICS`.
    """

    points: Floats
    metric: str

    @classmethod
    def of(cls, points: ArrayLike, metric: str = "euclidean") -> Distances:
        """Check the points.

        Args:
            points: (N, D) of numbers, or (N, N) distances: symmetric, not negative, zero from a point to itself.
            metric: `euclidean`, `cosine` (1 - cosine) or `precomputed`.

        Raises:
            InputError: for an unknown metric, another shape, numbers that are not finite, or what is no distance.
        """
        if metric not in METRICS:
            raise unknown_name("metric", metric, METRICS)
        values = np.asarray(points, dtype=np.float64)
        if values.ndim != 2 or not len(values) or not np.isfinite(values).all():
            raise InputError(
                f"expected points (N, D) of finite numbers, found shape {values.shape} or others among them"
            )
        if metric == "precomputed" and not (
            values.shape[0] == values.shape[1]
            and (values >= 0.0).all()
            and not values.diagonal().any()
            and np.array_equal(values, values.T)
        ):
            raise InputError(
                f"expected distances (N, N), symmetric, not negative and 0 on the diagonal, found shape {values.shape} "
                "that is not; give points with metric 'euclidean' or 'cosine' instead"
            )
        if metric == "cosine":
            values = _directions(values)
        return cls(values, metric)

    def __len__(self) -> int:
        """N."""
        return len(self.points)

    def between(self, rows: Indices, columns: Indices) -> Floats:
        """Distances (R, C) of points by number."""
        if self.metric == "precomputed":
            block: Floats = self.points[np.ix_(rows, columns)]
            return block
        return self._computed(self.points[rows], self.points[columns])

    def to(self, centres: ArrayLike) -> Floats:
        """Distances (N, K) to centres, given as (K,) numbers of points or (K, D) vectors.

        Raises:
            InputError: for vectors where distances are precomputed, another shape, or numbers of no point.
        """
        places = np.asarray(centres)
        everything = np.arange(len(self))
        if places.ndim == 1 and places.dtype.kind in "iu" and ((places >= 0) & (places < len(self))).all():
            return self.between(everything, places.astype(np.int64))
        if places.ndim == 2 and self.metric != "precomputed" and places.shape[1] == self.points.shape[1]:
            vectors = places.astype(np.float64)
            return self._computed(self.points, _directions(vectors) if self.metric == "cosine" else vectors)
        raise InputError(
            f"expected centres as numbers of points (K,) from 0 to {len(self) - 1}, or as vectors (K, D) where "
            f"distances are not precomputed, found {places.dtype} of shape {places.shape}"
        )

    def _computed(self, rows: Floats, columns: Floats) -> Floats:
        if self.metric == "cosine":
            cosines: Floats = np.clip(1.0 - rows @ columns.T, 0.0, 2.0)
            return cosines
        from scipy.spatial.distance import cdist

        distances: Floats = cdist(rows, columns)
        return distances


def _directions(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise InputError("a zero vector has no cosine: leave it out or use metric 'euclidean'")
    directions: Floats = vectors / lengths
    return directions
