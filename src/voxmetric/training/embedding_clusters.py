"""Clusters of a whole corpus by its embeddings, to be trained on as if they were speakers."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.selfsupervised.spherical_k_means import spherical_k_means
from voxmetric.training.recipe import PseudoLabels

ITERATIONS = 20


def cluster(vectors: NDArray[np.float32], plan: PseudoLabels, seed: int, device: torch.device) -> NDArray[np.int64]:
    """Cluster embeddings by direction.

    Args:
        vectors: (N, D).
        plan: its `clustering`, `clusters` and `first_clusters`.
        seed: of the start; equal seeds give equal clusters.
        device: where k-means computes.

    Returns:
        (N,) cluster of each embedding, from 0 on, without gaps.

    Raises:
        InputError: as `check_numbers`.

    Source:
        k-means, then agglomeration of its centroids: Thienpondt et al. 2020, "The IDLab VoxCeleb Speaker Recognition
        Challenge 2020 system description".
    """
    check_numbers(plan, len(vectors))
    joined = plan.clustering == "agglomerative"
    generator = torch.Generator().manual_seed(seed)
    points = torch.from_numpy(vectors).to(device)
    first = plan.first_clusters if joined else plan.clusters
    centroids, nearest = (part.cpu().numpy() for part in spherical_k_means(points, first, generator, ITERATIONS))
    labels = _join(centroids, plan.clusters)[nearest] if joined else nearest
    without_gaps: NDArray[np.int64] = np.unique(labels, return_inverse=True)[1]
    return without_gaps


def check_numbers(plan: PseudoLabels, recordings: int) -> None:
    """Refuse numbers of clusters that so many recordings cannot give.

    Raises:
        InputError: if there are more clusters than recordings, or than first ones.
    """
    joined = plan.clustering == "agglomerative"
    if joined and plan.first_clusters <= plan.clusters:
        raise InputError(
            f"pseudo_labels.first_clusters ({plan.first_clusters}) must be above pseudo_labels.clusters "
            f"({plan.clusters}), into which they are joined"
        )
    key, count = ("first_clusters", plan.first_clusters) if joined else ("clusters", plan.clusters)
    if count > recordings:
        raise InputError(f"pseudo_labels.{key} is {count}, but there are {recordings} training recordings: lower it")


def _join(centroids: NDArray[np.float32], clusters: int) -> NDArray[np.int64]:
    """The cluster of each centroid after joining them by average linkage of cosine distances."""
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(centroids.astype(np.float64), method="average", metric="cosine")
    numbers: NDArray[np.int64] = fcluster(tree, clusters, criterion="maxclust").astype(np.int64)
    return numbers
