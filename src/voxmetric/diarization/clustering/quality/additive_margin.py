"""Additive margin: how far the second nearest representative is beyond the nearest, in units of cluster width."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.labels import Labels, check_clustering
from voxmetric.diarization.clustering.quality.distances import Distances, Floats, Indices
from voxmetric.diarization.clustering.quality.representatives import BLOCK_DISTANCES, least_over_representatives


def additive_margin(
    points: ArrayLike, labels: ArrayLike, centres: ArrayLike | None = None, metric: str = "euclidean"
) -> float:
    """The additive margin of a clustering around centres; higher is better.

    `AM = min over K of the mean over x of d(x, c'_x) - d(x, c_x)`, over the mean distance of the unordered pairs of
    points of one cluster; K holds one point of each cluster, and c_x and c'_x are the nearest and the second nearest
    point of K, whichever cluster x belongs to.

    Args:
        points: (N, D), or (N, N) distances for `precomputed`.
        labels: (N,) of K clusters, 2 to N - 1.
        centres: as of `relative_margin`; with given ones the cost is O(N^2), that of the distances within clusters.
        metric: `euclidean`, `cosine` or `precomputed`; scaling all distances changes nothing.

    Returns:
        In [0, inf]; inf where the points of every cluster coincide, but 0 where those of all do.

    Raises:
        InputError: for one cluster or N of them, or points or centres that cannot be used.

    Source:
        Ackerman and Ben-David 2008, "Measures of clustering quality: a working set of axioms for clustering".
    """
    distances = Distances.of(points, metric)
    numbers = check_clustering(labels, len(distances))
    margin = least_over_representatives(distances, numbers, centres, _mean_gap)
    width = _mean_within(distances, numbers)
    if width == 0.0:
        return float("inf") if margin > 0.0 else 0.0
    return margin / width


def _mean_gap(nearest: Floats, second: Floats, _chosen: Indices | None) -> Floats:
    """The mean over all points of second - nearest, (B,)."""
    return np.asarray((second - nearest).mean(axis=1))


def _mean_within(distances: Distances, labels: Labels) -> float:
    """The mean distance of unordered pairs of different points of one cluster, in blocks."""
    total, pairs = 0.0, 0
    for cluster in range(int(labels.max()) + 1):
        own = np.flatnonzero(labels == cluster)
        step = max(1, BLOCK_DISTANCES // len(own))
        blocks = (distances.between(own[start : start + step], own) for start in range(0, len(own), step))
        total += sum(float(block.sum()) for block in blocks)
        pairs += len(own) * (len(own) - 1)
    return total / pairs
