"""K-means by cosine, for a million points and tens of thousands of clusters."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.directions import unit

BLOCK_ELEMENTS = 2**22
"""Cosines held at once, 16 MB: points are worked through in blocks of this many over the number of clusters."""


@torch.no_grad()
def spherical_k_means(
    points: Tensor, clusters: int, generator: torch.Generator, iterations: int = 10
) -> tuple[Tensor, Tensor]:
    """Group points by direction around `clusters` centroids.

    Starts from points drawn without repetition. In each iteration every point goes to the centroid of the largest
    cosine, then every centroid becomes the direction of its points' mean; a centroid without points becomes the point
    that was farthest from its own. Equal inputs and generators give equal results, also on a GPU.

    Args:
        points: (N, D) in any floating-point type; their lengths do not matter.
        clusters: K, from 1 to N.
        generator: CPU generator of the start.
        iterations: at least 1.

    Returns:
        Centroids (K, D), unit vectors in float32 (float64 for such points), and the cluster of each point (N,) int64,
        which is that of its nearest centroid.

    Raises:
        InputError: for more clusters than points, fewer than one, or no iteration.

    Source:
        Dhillon and Modha 2001, "Concept decompositions for large sparse text data using clustering".
    """
    if not 1 <= clusters <= len(points) or iterations < 1:
        raise InputError(
            f"expected from 1 to {len(points)} clusters for as many points and at least 1 iteration, found {clusters} "
            f"and {iterations}: ask for fewer clusters or give more recordings"
        )
    precision = torch.promote_types(points.dtype, torch.float32)
    start = torch.randperm(len(points), generator=generator)[:clusters].to(points.device)
    centroids = unit(points[start].to(precision))[0]
    for _ in range(iterations):
        nearest, cosines = nearest_centroids(points, centroids)
        sums = _sums(points, nearest, clusters, precision)
        empty = (torch.bincount(nearest, minlength=clusters) == 0).nonzero().squeeze(1)
        farthest = points[cosines.topk(len(empty), largest=False).indices]
        centroids = unit(sums.index_copy(0, empty, farthest.to(precision)))[0]
    return centroids, nearest_centroids(points, centroids)[0]


@torch.no_grad()
def nearest_centroids(points: Tensor, centroids: Tensor) -> tuple[Tensor, Tensor]:
    """The centroid of the largest cosine for each point: its number (N,) int64 and that cosine (N,).

    Args:
        points: (N, D) in any floating-point type.
        centroids: (K, D) unit vectors.
    """
    blocks = [
        (unit(block.to(centroids.dtype))[0] @ centroids.T).max(1)
        for block in points.split(max(1, BLOCK_ELEMENTS // len(centroids)))
    ]
    return torch.cat([block.indices for block in blocks]), torch.cat([block.values for block in blocks])


def _sums(points: Tensor, nearest: Tensor, clusters: int, precision: torch.dtype) -> Tensor:
    """Sum of the directions of each cluster's points, (K, D)."""
    sums = torch.zeros(clusters, points.shape[1], dtype=precision, device=points.device)
    size = max(1, BLOCK_ELEMENTS // points.shape[1])
    for block, numbers in zip(points.split(size), nearest.split(size), strict=True):
        vectors = unit(block.to(precision))[0]
        if points.is_cuda:
            sums.index_put_((numbers,), vectors, accumulate=True)  # it sorts first: the order of additions is fixed
        else:
            sums.index_add_(0, numbers, vectors)
    return sums
