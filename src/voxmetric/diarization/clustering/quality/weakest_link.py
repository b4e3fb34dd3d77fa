"""Weakest link: the largest step within clusters over the smallest distance between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.labels import check_clustering
from voxmetric.diarization.clustering.quality.distances import Distances, Floats, Indices

BLOCK_DISTANCES = 2**22
"""Distances between clusters held at once, 32 MB."""


def weakest_link(points: ArrayLike, labels: ArrayLike, metric: str = "euclidean") -> float:
    """The weakest link of a clustering; lower is better, and below 1 single linkage finds this clustering.

    The link of two points of a cluster is the largest step of the chain between them, through points of that cluster,
    whose largest step is smallest. The measure is the largest link of all clusters over the smallest distance of two
    points of different clusters. The largest link of a cluster is the longest edge of its minimum spanning tree, so
    O(N^2) suffices; memory is 8 bytes for every pair within the largest cluster.

    Args:
        points: (N, D), or (N, N) distances for `precomputed`.
        labels: (N,) of 2 to N - 1 clusters.
        metric: `euclidean`, `cosine` or `precomputed`; scaling all distances changes nothing.

    Returns:
        In [0, inf]; inf where two points of different clusters coincide.

    Raises:
        InputError: for one cluster or N of them, or points that cannot be used.

    Source:
        Ackerman and Ben-David 2008, "Measures of clustering quality: a working set of axioms for clustering".
    """
    distances = Distances.of(points, metric)
    numbers = check_clustering(labels, len(distances))
    members = [np.flatnonzero(numbers == cluster) for cluster in range(int(numbers.max()) + 1)]
    gap = min(_smallest(distances, own, np.flatnonzero(numbers > cluster)) for cluster, own in enumerate(members[:-1]))
    if gap == 0.0:
        return float("inf")
    return max(_longest_edge(distances.between(own, own)) for own in members) / gap


def _longest_edge(distances: Floats) -> float:
    """Of the minimum spanning tree of points (M, M): the height of the last merge of single linkage."""
    if len(distances) == 1:
        return 0.0
    from scipy.cluster.hierarchy import linkage

    return float(linkage(distances[np.triu_indices(len(distances), 1)], method="single")[-1, 2])


def _smallest(distances: Distances, own: Indices, others: Indices) -> float:
    """The smallest distance between two sets of points, in blocks."""
    step = max(1, BLOCK_DISTANCES // len(others))
    return min(float(distances.between(own[start : start + step], others).min()) for start in range(0, len(own), step))
