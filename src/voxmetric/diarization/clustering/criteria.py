"""Criteria by which a number of clusters is chosen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voxmetric.diarization.clustering.k_means import centroids_of
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points
from voxmetric.diarization.clustering.quality.additive_margin import additive_margin
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.diarization.clustering.quality.relative_margin import relative_margin
from voxmetric.diarization.clustering.quality.weakest_link import weakest_link


@dataclass(frozen=True)
class Criterion:
    """A figure of merit of a clustering of 2 to N - 1 clusters.

    Attributes:
        figure: from cosine distances (N, N) and labels (N,).
        higher_is_better: else lower.
        one_cluster: the figure of the best clustering that is just not worth more than one cluster.
    """

    figure: Callable[[Floats, Labels], float]
    higher_is_better: bool
    one_cluster: float

    def merit(self, figure: float) -> float:
        """The figure, or less it where lower is better."""
        return figure if self.higher_is_better else -figure


def silhouette(distances: Floats, labels: Labels) -> float:
    """The mean over points of (b - a) / max(a, b), in [-1, 1]; 0 for a point that is alone.

    a is the mean distance of a point to the others of its cluster, b to those of the nearest other one (Rousseeuw 1987,
    "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis").
    """
    clusters = int(labels.max()) + 1
    members = np.zeros((len(labels), clusters))
    members[np.arange(len(labels)), labels] = 1.0
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = np.arange(len(labels)), labels
    alone = sizes[labels] == 1.0
    inner = sums[own] / np.maximum(sizes[labels] - 1.0, 1.0)
    outer = sums / sizes
    outer[own] = np.inf
    nearest = outer.min(axis=1)
    largest = np.maximum(inner, nearest)
    widths = np.divide(nearest - inner, largest, out=np.zeros_like(inner), where=(largest > 0.0) & ~alone)
    return float(widths.mean())


def bic(points: Points, labels: Labels) -> float:
    """Bayesian information criterion of spherical Gaussians of one variance, in nats per point; higher is better.

    Of points (N, D) in K clusters: log likelihood less (K - 1 + K D + 1) / 2 log N (Pelleg and Moore 2000). -inf where
    every point is alone; inf where the points of every cluster coincide.
    """
    size, dimensions = points.shape
    sizes = np.bincount(labels)
    clusters = len(sizes)
    if clusters >= size:
        return -math.inf
    scatter = float(np.square(points - centroids_of(points, labels)[labels], dtype=np.float64).sum())
    variance = scatter / (dimensions * (size - clusters))
    if variance == 0.0:
        return math.inf
    likelihood = float((sizes * np.log(sizes / size)).sum())
    likelihood -= 0.5 * dimensions * (size * math.log(2.0 * math.pi * variance) + size - clusters)
    return float((likelihood - 0.5 * clusters * (dimensions + 1) * math.log(size)) / size)


CRITERIA = {
    "silhouette": Criterion(silhouette, True, 0.45),
    "weakest_link": Criterion(lambda distances, labels: weakest_link(distances, labels, "precomputed"), False, 1.0),
    "relative_margin": Criterion(
        lambda distances, labels: relative_margin(distances, labels, "medoids", "precomputed"), False, 0.42
    ),
    "additive_margin": Criterion(
        lambda distances, labels: additive_margin(distances, labels, "medoids", "precomputed"), True, 1.27
    ),
}
"""Criteria that compare clusterings; that of weakest link for one cluster is where single linkage would not part them,
the others count readers best with the default model (docs/results/counting_speakers.md). Another model wants its own.
"""
