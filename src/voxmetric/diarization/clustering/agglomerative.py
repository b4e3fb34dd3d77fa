"""Agglomerative clustering: average linkage of cosine distances, cut at a threshold."""

from __future__ import annotations

import numpy as np

from voxmetric.diarization.clustering.condensation import condense
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.errors import InputError

LARGEST_TREE = 4000
"""Points joined one by one; more are condensed to half as many first."""

DEFAULT_THRESHOLD = 0.36
"""Counts readers best with the default model (docs/results/counting_speakers.md); every model wants its own, see
`threshold.calibrated_threshold`."""


def agglomerative(embeddings: Points, count: SpeakerCount, *, threshold: float = DEFAULT_THRESHOLD) -> Labels:
    """Join the two closest clusters until their mean cosine distance exceeds the threshold.

    There is one speaker where even the last two clusters are within the threshold. Bounds take precedence over the
    threshold; O(N^2). Above `LARGEST_TREE` points, alike ones are first taken together, and the mean cosine distances
    of what was taken together are kept; each such group then counts once in later means.

    Args:
        embeddings: (N, D).
        count: bounds of the number of clusters; a given number is where the tree is cut.
        threshold: mean cosine distance, in [0, 2], above which two clusters are two speakers. It depends on the model:
            `threshold.calibrated_threshold` finds it from recordings whose speakers are known.

    Returns:
        (N,) labels.

    Raises:
        InputError: for a threshold that is no distance.
    """
    if not 0.0 <= threshold <= 2.0:
        raise InputError(f"expected a threshold of cosine distance in [0, 2], found {threshold}")
    condensed = condense(embeddings, LARGEST_TREE if len(embeddings) <= LARGEST_TREE else LARGEST_TREE // 2)
    tree = average_linkage(condensed.means)
    return condensed.spread(cut(tree, count.nearest(clusters_below(tree, threshold))))


def average_linkage(means: Points) -> Floats:
    """The tree (N - 1, 4) of average linkage, as of SciPy, by 1 - inner product of the rows (N, D)."""
    from scipy.cluster.hierarchy import linkage

    if len(means) == 1:
        return np.empty((0, 4))
    distances = np.clip(1.0 - means @ means.T, 0.0, 2.0)
    upper = np.triu(np.ones(distances.shape, dtype=np.bool_), 1)
    tree: Floats = linkage(distances[upper].astype(np.float64), method="average")
    return tree


def clusters_below(tree: Floats, threshold: float) -> int:
    """Clusters that are left when the tree is cut above merges of at most `threshold`."""
    return int((tree[:, 2] > threshold).sum()) + 1


def cut(tree: Floats, clusters: int) -> Labels:
    """Labels (N,) of exactly `clusters` clusters: all but the last merges are made, in whatever order ties stand."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    points, merges = len(tree) + 1, len(tree) + 1 - clusters
    parents = np.repeat(np.arange(points, points + merges), 2)
    children = tree[:merges, :2].astype(np.int64).ravel()
    nodes = points + len(tree)
    joined = coo_array((np.ones(2 * merges), (children, parents)), shape=(nodes, nodes))
    labels: Labels = connected_components(joined, directed=False)[1][:points].astype(np.int64)
    return labels
