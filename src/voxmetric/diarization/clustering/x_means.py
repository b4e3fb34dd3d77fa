"""x-means: k-means that finds its number of clusters by splitting them where BIC gains."""

from __future__ import annotations

import math

import numpy as np

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.k_means import DISTANCES, centroids_of, fit, nearest_by_cosine
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points, unit_rows
from voxmetric.errors import unknown_name

BICS = {"projected": 4.0, "spherical": 1.0}
"""What BIC looks at, and the factor on its price: the line was fitted to the points too, which BIC knows nothing of."""


def x_means(
    embeddings: Points,
    count: SpeakerCount,
    *,
    distance: str = "cosine",
    bic: str = "projected",
    penalty: float | None = None,
    restarts: int = 10,
    seed: int = 0,
) -> Labels:
    """Count by x-means, then k-means with that number, then labels by the largest cosine to its centroids.

    A cluster is split in two where the BIC of two Gaussians exceeds that of one; k-means over all follows each round of
    splits. There is one speaker where not even all points together are worth a split.

    Args:
        embeddings: (N, D).
        count: bounds of the number of clusters; up to the least, splits are made whatever BIC says, the best first.
        distance: `cosine`: embeddings are scaled to unit length first; `euclidean`: taken as they are.
        bic: `projected`: of the points' places on the line through the two halves' means, which asks whether they
            gather at two ends of it; `spherical`: of round Gaussians in all D components, as published. The latter
            takes voices to vary alike in all directions; they do not, and it splits more the longer somebody speaks.
        penalty: factor on BIC's price of parameters, more for fewer speakers; None: that of `BICS`.
        restarts: starts of each k-means.
        seed: of the starts.

    Returns:
        (N,) labels.

    Raises:
        InputError: for an unknown distance or BIC.

    Source:
        Pelleg and Moore 2000, "X-means: extending k-means with efficient estimation of the number of clusters";
        counting by it, then k-means and cosines: Narayanaswamy et al. 2019; the line: Hamerly and Elkan 2003, "Learning
        the k in k-means", who test it otherwise.
    """
    if distance not in DISTANCES:
        raise unknown_name("distance of x-means", distance, DISTANCES)
    if bic not in BICS:
        raise unknown_name("BIC of x-means", bic, BICS)
    points = embeddings if distance == "euclidean" else unit_rows(embeddings)
    price = BICS[bic] if penalty is None else penalty
    number = count.given or count.nearest(_number(points, count, bic == "projected", price, restarts, seed))
    centroids, labels = fit(points, number, restarts, seed)
    by_cosine = nearest_by_cosine(unit_rows(points), centroids)
    return by_cosine if len(np.unique(by_cosine)) == len(centroids) else labels


def split_gain(points: Points, halves: Labels, penalty: float = 1.0) -> float:
    """BIC of two spherical Gaussians of one variance less that of one, in nats; -inf where there are no two halves.

    Args:
        points: (R, M).
        halves: (R,) of 0 and 1.
        penalty: factor on half the further parameters, M + 1, times log R.
    """
    size, dimensions = points.shape
    parts = [points[halves == half] for half in range(2)]
    if size <= 2 or not all(len(part) for part in parts):
        return -math.inf
    scatter = [float(np.square(part - part.mean(axis=0), dtype=np.float64).sum()) for part in [points, *parts]]
    one, two = scatter[0] / (dimensions * (size - 1)), sum(scatter[1:]) / (dimensions * (size - 2))
    if two <= 0.0:
        return math.inf if one > 0.0 else -math.inf
    likelihood = 0.5 * dimensions * (size * math.log(one / two) + 1.0)
    likelihood += sum(len(part) * math.log(len(part) / size) for part in parts)
    return float(likelihood - penalty * 0.5 * (dimensions + 1) * math.log(size))


def _number(points: Points, count: SpeakerCount, projected: bool, penalty: float, restarts: int, seed: int) -> int:
    """The number of clusters within the bounds."""
    labels = np.zeros(len(points), dtype=np.int64)
    while True:
        clusters = int(labels.max()) + 1
        parts = [points[labels == cluster] for cluster in range(clusters)]
        halves = [_halves(part, restarts, seed) for part in parts]
        seen = [_on_line(*pair) for pair in zip(parts, halves, strict=True)] if projected else parts
        gains = np.array([split_gain(*pair, penalty) for pair in zip(seen, halves, strict=True)])
        order = np.argsort(-gains)[: count.most - clusters]
        wanted = (gains[order] > 0.0) | (np.arange(len(order)) < count.least - clusters)
        chosen = order[wanted & (gains[order] > -math.inf)]
        if not len(chosen):
            return clusters
        for new, cluster in enumerate(chosen, clusters):
            labels[np.flatnonzero(labels == cluster)[halves[cluster] == 1]] = new
        settled = _settled(points, labels)
        if int(settled.max()) + 1 <= clusters:  # k-means took the splits back, and would again
            return clusters
        labels = settled


def _on_line(points: Points, halves: Labels) -> Points:
    """Places (R, 1) of points along the line through the means of the two halves; 0 where there is one half."""
    if not halves.any():
        return points[:, :1] * 0.0
    ends = centroids_of(points, halves)
    places: Points = points @ (ends[1:] - ends[:1]).T
    return places


def _halves(points: Points, restarts: int, seed: int) -> Labels:
    """Labels 0 and 1 of k-means with two clusters; all 0 for a single point."""
    return np.zeros(len(points), dtype=np.int64) if len(points) < 2 else fit(points, 2, restarts, seed)[1]


def _settled(points: Points, labels: Labels) -> Labels:
    """Labels of k-means started from the centroids of `labels`, those without points left out."""
    from sklearn.cluster import KMeans

    found = KMeans(int(labels.max()) + 1, init=centroids_of(points, labels), n_init=1).fit(points).labels_
    settled: Labels = np.unique(found, return_inverse=True)[1]
    return settled
