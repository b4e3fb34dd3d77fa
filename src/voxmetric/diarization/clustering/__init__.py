"""Clusterings by name: `cluster` groups embeddings by speaker, `available` lists the methods; measures of quality."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.labels import in_order_of_appearance
from voxmetric.diarization.clustering.number import NumberChoice, choose_number
from voxmetric.diarization.clustering.points import check_points
from voxmetric.diarization.clustering.quality.additive_margin import additive_margin
from voxmetric.diarization.clustering.quality.relative_margin import relative_margin
from voxmetric.diarization.clustering.quality.weakest_link import weakest_link
from voxmetric.registry import Entry, Registry

_HERE = "voxmetric.diarization.clustering"

clusterings = Registry(
    "clustering",
    {
        "k_means": Entry(f"{_HERE}.k_means:k_means", "nearest of k centroids, by cosine or Euclidean distance"),
        "x_means": Entry(f"{_HERE}.x_means:x_means", "splits by BIC for the number, then k-means, labels by cosine"),
        "agglomerative": Entry(f"{_HERE}.agglomerative:agglomerative", "average linkage up to a cosine distance"),
        "spectral": Entry(f"{_HERE}.spectral:spectral", "eigenvectors of a pruned affinity, pruning tuned by itself"),
        "vbx": Entry(f"{_HERE}.vbx:vbx", "Bayesian hidden Markov model over windows in order of time"),
    },
)


def available() -> dict[str, str]:
    """Every method's name with its one-line summary."""
    return clusterings.available()


def cluster(
    embeddings: ArrayLike,
    method: str = "x_means",
    num_clusters: int | None = None,
    min_clusters: int = 1,
    max_clusters: int | None = None,
    **options: Any,
) -> NDArray[np.int64]:
    """Group the embeddings of one recording by speaker.

    Args:
        embeddings: (N, D) of windows in order of time, which `vbx` makes use of; N from 1.
        method: one of `available()`.
        num_clusters: the number of speakers where it is known; it overrides the bounds.
        min_clusters: the least number to be found, where so many windows differ.
        max_clusters: the largest; None: N, or what the method says.
        **options: the method's own; see its function.

    Returns:
        (N,) int64 labels from 0 on, in order of first appearance.

    Raises:
        InputError: for an unknown method or option, embeddings of another shape, zero or not finite, or bounds that
            contradict each other or N.
    """
    points = check_points(embeddings)
    count = SpeakerCount.of(len(points), num_clusters, min_clusters, max_clusters)
    return in_order_of_appearance(clusterings.create(method, options, {"embeddings": points, "count": count}))


__all__ = [
    "NumberChoice",
    "additive_margin",
    "available",
    "choose_number",
    "cluster",
    "clusterings",
    "relative_margin",
    "weakest_link",
]
