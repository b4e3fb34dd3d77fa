"""Choosing the number of clusters by a criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.labels import Labels, in_order_of_appearance
from voxmetric.diarization.clustering.points import Points, check_points, unit_rows
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.errors import unknown_name

LARGEST = 10
"""Clusters that are tried where no bound is given."""

LARGEST_COMPARED = 1500
"""Points whose distances are compared; criteria see an even selection of more, the clusterings see all."""

NAMES = ("silhouette", "bic", "eigengap", "weakest_link", "relative_margin", "additive_margin")


@dataclass(frozen=True, eq=False)
class NumberChoice:
    """A number of clusters and why.

    Attributes:
        number: of clusters.
        labels: (N,) int64 of the clustering, in order of first appearance.
        figures: the criterion's figure for each number that was tried and has one, beyond the bounds too.
    """

    number: int
    labels: Labels
    figures: dict[int, float]


def choose_number(
    embeddings: ArrayLike,
    method: str = "k_means",
    criterion: str = "silhouette",
    min_clusters: int = 1,
    max_clusters: int | None = None,
    *,
    one_cluster: float | None = None,
    **options: Any,
) -> NumberChoice:
    """Cluster for each number within the bounds, and keep the one that a criterion finds best.

    `silhouette`, `weakest_link`, `relative_margin` and `additive_margin` (cosine distance, medoids as centres) say
    nothing of one cluster. It is chosen where no clustering is beyond `one_cluster`: a threshold that does not depend
    on the scale of the embeddings. `bic` (spherical Gaussians on unit rows) and `eigengap` (of `spectral`, whatever the
    method) cover one cluster by themselves. Where two numbers are equally good, the lower one is kept.

    Args:
        embeddings: (N, D).
        method: one of `available()`.
        criterion: one of `NAMES`.
        min_clusters: from 1.
        max_clusters: None: `LARGEST`, or fewer where there are fewer embeddings.
        one_cluster: the figure that the best clustering must reach not to be taken for one cluster; None: that of
            `criteria.CRITERIA`. Only for criteria that need one.
        **options: the method's own.

    Raises:
        InputError: for an unknown method, criterion or option, bad embeddings or bounds.
    """
    from voxmetric.diarization.clustering import cluster
    from voxmetric.diarization.clustering.criteria import CRITERIA, bic
    from voxmetric.diarization.clustering.spectral import eigengaps

    if criterion not in NAMES:
        raise unknown_name("criterion", criterion, NAMES)
    points = check_points(embeddings)
    count = SpeakerCount.of(len(points), None, min_clusters, max_clusters)
    if max_clusters is None:
        count = count.up_to(LARGEST)

    def labels_of(number: int) -> Labels:
        return cluster(points, method, number, **options)

    if criterion == "eigengap":
        figures = eigengaps(points, count)
        number = count.nearest(max(figures, key=lambda tried: figures[tried]))
        return NumberChoice(number, labels_of(number), figures)

    # Whether there is one cluster must not depend on how many are allowed: all numbers are seen for that.
    last = (
        max(count.most, min(LARGEST, len(points)))
        if count.least == 1 < count.most and criterion != "bic"
        else count.most
    )
    found = {number: labels_of(number) for number in range(count.least, last + 1)}
    if criterion == "bic":
        units = unit_rows(points)
        figures = {number: bic(units, labels) for number, labels in found.items()}
        number = max(figures, key=lambda tried: figures[tried])
        return NumberChoice(number, found[number], figures)

    judge = CRITERIA[criterion]
    seen = np.linspace(0, len(points) - 1, min(len(points), LARGEST_COMPARED)).round().astype(np.int64)
    distances = _cosine_distances(points[seen])
    shown = {number: in_order_of_appearance(labels[seen]) for number, labels in found.items()}
    figures = {
        number: judge.figure(distances, labels)
        for number, labels in shown.items()
        if 1 < int(labels.max()) + 1 < len(seen)
    }
    allowed = [number for number in figures if number <= count.most]
    if not allowed:
        return NumberChoice(count.least, found[count.least], figures)
    number = max(allowed, key=lambda tried: judge.merit(figures[tried]))
    limit = judge.one_cluster if one_cluster is None else one_cluster
    if count.least == 1 and max(map(judge.merit, figures.values())) < judge.merit(limit):
        number = 1
    return NumberChoice(number, found[number], figures)


def _cosine_distances(points: Points) -> Floats:
    """Cosine distances (N, N), symmetric and 0 on the diagonal to the bit."""
    units = unit_rows(points)
    rounded = np.clip(1.0 - units @ units.T, 0.0, 2.0).astype(np.float64)
    distances: Floats = np.minimum(rounded, rounded.T)
    np.fill_diagonal(distances, 0.0)
    return distances
