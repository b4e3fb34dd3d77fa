"""One point of each cluster to stand for it: every choice of them, or the medoids."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.quality.distances import Distances, Floats, Indices
from voxmetric.errors import InputError

EXHAUSTIVE_COMBINATIONS = 20_000
"""Choices of representatives that are all tried; where there are more, the medoids stand for the clusters."""

BLOCK_DISTANCES = 2**21
"""Distances held at once while trying, 16 MB."""


def least_over_representatives(
    distances: Distances,
    labels: Labels,
    centres: ArrayLike | None,
    measure: Callable[[Floats, Floats, Indices | None], Floats],
) -> float:
    """The least value of a measure over representatives of the clusters, or its value for given ones.

    Args:
        distances: of N points.
        labels: (N,) from 0 to K - 1.
        centres: (K,) numbers of points, (K, D) vectors, `"medoids"`, or None: all choices of one point of each cluster
            where they are at most `EXHAUSTIVE_COMBINATIONS`, else the medoids.
        measure: takes the distances (B, N) from points to their nearest representative and to the next one for each of
            B choices, and the representatives (B, K) where they are points; returns (B,).

    Raises:
        InputError: for another number of centres than clusters, or as `Distances.to`.
    """
    clusters = int(labels.max()) + 1
    sizes = np.bincount(labels)
    if isinstance(centres, str) and centres != "medoids":
        raise InputError(f"expected centres as an array, 'medoids' or None, found {centres!r}")
    if centres is None and math.prod(sizes.tolist()) <= EXHAUSTIVE_COMBINATIONS:
        everything = np.arange(len(labels))
        square = distances.between(everything, everything)
        return min(float(measure(*_two_nearest(square[choice]), choice).min()) for choice in _choices(labels, sizes))
    if centres is None or isinstance(centres, str):
        centres = medoids(distances, labels)
    places = np.asarray(centres)
    if len(places) != clusters:
        raise InputError(f"expected one centre for each of {clusters} clusters, found {len(places)}")
    nearest, second = _two_nearest(distances.to(places).T[None])
    return float(measure(nearest, second, places[None].astype(np.int64) if places.ndim == 1 else None)[0])


def medoids(distances: Distances, labels: Labels) -> Indices:
    """The point (K,) of each cluster whose distances to the others of it are least in sum."""
    chosen = []
    for cluster in range(int(labels.max()) + 1):
        own = np.flatnonzero(labels == cluster)
        step = max(1, BLOCK_DISTANCES // len(own))
        blocks = [distances.between(own[start : start + step], own) for start in range(0, len(own), step)]
        chosen.append(own[np.concatenate([block.sum(axis=1) for block in blocks]).argmin()])
    return np.array(chosen)


def _two_nearest(distances: Floats) -> tuple[Floats, Floats]:
    """Distances (B, N) of points to the nearest and the second nearest of K representatives, from (B, K, N)."""
    ordered = np.partition(distances, 1, axis=1)
    return ordered[:, 0], ordered[:, 1]


def _choices(labels: Labels, sizes: Indices) -> Iterator[Indices]:
    """Every choice of one point of each cluster, in blocks (B, K)."""
    members = np.argsort(labels, kind="stable")
    firsts = np.cumsum(sizes) - sizes
    step = max(1, BLOCK_DISTANCES // (len(labels) * len(sizes)))
    total = math.prod(sizes.tolist())
    for start in range(0, total, step):
        numbers = np.unravel_index(np.arange(start, min(start + step, total)), sizes)
        yield members[np.stack(numbers, axis=1) + firsts]
