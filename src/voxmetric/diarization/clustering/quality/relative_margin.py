"""Relative margin: how much nearer points are to their nearest representative than to the next one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.labels import check_clustering
from voxmetric.diarization.clustering.quality.distances import Distances, Floats, Indices
from voxmetric.diarization.clustering.quality.representatives import least_over_representatives


def relative_margin(
    points: ArrayLike, labels: ArrayLike, centres: ArrayLike | None = None, metric: str = "euclidean"
) -> float:
    """The relative margin of a clustering around centres; lower is better.

    `RM = min over K of the mean over x not in K of d(x, c_x) / d(x, c'_x)`, where K holds one point of each cluster and
    c_x and c'_x are the nearest and the second nearest point of K, whichever cluster x belongs to. A point as near to
    one as to the other counts 1, also where both are at distance 0.

    Args:
        points: (N, D), or (N, N) distances for `precomputed`.
        labels: (N,) of K clusters, 2 to N - 1.
        centres: None: the least over all choices of representatives, O(N^(K + 1)), where they are at most
            `representatives.EXHAUSTIVE_COMBINATIONS`; where there are more, and for `"medoids"`, those of the clusters,
            O(N^2), which give an upper bound. Or (K,) numbers of points or (K, D) vectors, O(N K); the mean is then
            over all points that are not numbered.
        metric: `euclidean`, `cosine` or `precomputed`; scaling all distances changes nothing.

    Returns:
        In [0, 1].

    Raises:
        InputError: for one cluster or N of them, or points or centres that cannot be used.

    Source:
        Ackerman and Ben-David 2008, "Measures of clustering quality: a working set of axioms for clustering".
    """
    distances = Distances.of(points, metric)
    numbers = check_clustering(labels, len(distances))
    return least_over_representatives(distances, numbers, centres, _mean_ratio)


def _mean_ratio(nearest: Floats, second: Floats, chosen: Indices | None) -> Floats:
    """The mean over points of nearest / second, (B,); representatives themselves are left out."""
    ratios = np.divide(nearest, second, out=np.ones_like(nearest), where=second > 0.0)
    if chosen is None:
        return np.asarray(ratios.mean(axis=1))
    np.put_along_axis(ratios, chosen, 0.0, axis=1)
    return np.asarray(ratios.sum(axis=1) / (ratios.shape[1] - chosen.shape[1]))
