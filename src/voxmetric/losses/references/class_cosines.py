"""Cosines of queries with classes; with several centres a class, with its nearest one."""

from __future__ import annotations

from torch import Tensor

from voxmetric.losses.directions import unit


def class_cosines(queries: Tensor, weight: Tensor) -> Tensor:
    """Cosine of each query with each class.

    Args:
        queries: (Q, D) unit directions.
        weight: (C, D), or (C, K, D) for K centres a class; norms do not matter.

    Returns:
        (Q, C).
    """
    directions, _ = unit(weight.to(queries.dtype))
    if weight.ndim == 2:
        return queries @ directions.T
    cosines = queries @ directions.flatten(0, 1).T
    return cosines.view(len(queries), *weight.shape[:2]).max(2).values


def own_class_cosines(queries: Tensor, weight: Tensor) -> Tensor:
    """Cosine of each query (Q, D) with its own class, weight being (Q, D) or (Q, K, D): (Q,)."""
    directions, _ = unit(weight.to(queries.dtype))
    if weight.ndim == 2:
        return (queries * directions).sum(1)
    return (queries.unsqueeze(1) * directions).sum(2).max(1).values
