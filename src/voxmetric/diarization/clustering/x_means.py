"""x-means: k-means that finds its number of clusters by splitting them where BIC gains."""

from __future__ import annotations

import math

import numpy as np

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.k_means import DISTANCES, centroids_of, fit, nearest_by_cosine
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.one_thread import one_thread
from voxmetric.diarization.clustering.points import LARGEST_COUNTED, Points, evenly_chosen, unit_rows
from voxmetric.errors import unknown_name

BICS = ("projected", "spherical")
"""What BIC looks at."""

RUN = 4
"""Consecutive windows that stand on the same side when a line is found from half the points: neighbours are alike."""


def x_means(
    embeddings: Points,
    count: SpeakerCount,
    *,
    distance: str = "cosine",
    bic: str = "projected",
    penalty: float = 1.0,
    restarts: int = 10,
    seed: int = 0,
) -> Labels:
    """Count by x-means, then k-means with that number, then labels by the largest cosine to its centroids.

    Counting looks at an even selection of at most `points.LARGEST_COUNTED` of the points, k-means at all.

    A cluster is split in two where the BIC of two Gaussians exceeds that of one; k-means over all follows each round of
    splits. There is one speaker where not even all points together are worth a split.

    Args:
        embeddings: (N, D).
        count: bounds of the number of clusters; up to the least, splits are made whatever BIC says, the best first.
        distance: `cosine`: embeddings are scaled to unit length first; `euclidean`: taken as they are.
        bic: `projected`: of the places of points on the line through two centroids found from other points, which asks
            whether they gather at two ends of it; `spherical`: of round Gaussians in all D components, as published.
            The latter takes voices to vary alike in all directions.
        penalty: factor on BIC's price of parameters, more for fewer speakers.
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
    seen = evenly_chosen(points, LARGEST_COUNTED)
    number = count.given or count.nearest(
        _number(seen, count.up_to(len(seen)), bic == "projected", penalty, restarts, seed)
    )
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
        gains = np.array(
            [
                _gain_on_line(part, penalty, restarts, seed)
                if projected
                else split_gain(part, _halves(part, restarts, seed), penalty)
                for part in parts
            ]
        )
        order = np.argsort(-gains)[: count.most - clusters]
        wanted = (gains[order] > 0.0) | (np.arange(len(order)) < count.least - clusters)
        chosen = order[wanted & (gains[order] > -math.inf)]
        if not len(chosen):
            return clusters
        for new, cluster in enumerate(chosen, clusters):
            labels[np.flatnonzero(labels == cluster)[_halves(parts[cluster], restarts, seed) == 1]] = new
        settled = _settled(points, labels)
        if int(settled.max()) + 1 <= clusters:  # k-means took the splits back, and would again
            return clusters
        labels = settled


def _gain_on_line(points: Points, penalty: float, restarts: int, seed: int) -> float:
    """`split_gain` of points (R, D) along a line found from the others of them, summed over two sides.

    Few points in many dimensions gather at the ends of a line that was fitted to themselves, whoever speaks. On a line
    that was not, the points of one Gaussian gain less than nothing on average.
    """
    side = np.arange(len(points)) // RUN % 2
    gain = 0.0
    for seen, judged in ((points[side == 0], points[side == 1]), (points[side == 1], points[side == 0])):
        ends = fit(seen, 2, restarts, seed)[0] if len(seen) > 1 else seen
        if len(ends) < 2:
            return -math.inf
        line = ends[1] - ends[0]
        places = judged @ line
        gain += split_gain(places[:, None], np.asarray(places > ends.mean(axis=0) @ line, dtype=np.int64), penalty)
    return gain


def _halves(points: Points, restarts: int, seed: int) -> Labels:
    """Labels 0 and 1 of k-means with two clusters; all 0 for a single point."""
    return np.zeros(len(points), dtype=np.int64) if len(points) < 2 else fit(points, 2, restarts, seed)[1]


def _settled(points: Points, labels: Labels) -> Labels:
    """Labels of k-means started from the centroids of `labels`, those without points left out."""
    from sklearn.cluster import KMeans

    start = centroids_of(points, labels)
    with one_thread():
        found = KMeans(len(start), init=start, n_init=1).fit(points).labels_
    settled: Labels = np.unique(found, return_inverse=True)[1]
    return settled
