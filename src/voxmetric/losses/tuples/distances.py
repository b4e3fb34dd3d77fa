"""Distances between all utterances of a batch, with finite gradients everywhere (zero distance included)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from voxmetric.losses.directions import unit


class _SquaredDistances(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, embeddings: Tensor) -> Tensor:
        # Moving the origin into the middle of the batch changes no distance and saves the digits of small ones,
        # which matter most when a batch has nearly collapsed.
        centred = embeddings - embeddings.mean(0)
        ctx.save_for_backward(centred)
        squares = centred.square().sum(1)
        return torch.addmm(squares[:, None] + squares, centred, centred.T, alpha=-2).clamp_min_(0)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (centred,) = ctx.saved_tensors
        # d(i,j) and d(j,i) are one number: added first, they take one matrix product where autograd takes two.
        both = gradient + gradient.T
        return torch.addmm(both.sum(1, keepdim=True) * centred, both, centred, alpha=-1).mul_(2)


def squared_euclidean(embeddings: Tensor) -> Tensor:
    """Squared Euclidean distances of (N, D) embeddings, as (N, N), never negative, by one matrix product."""
    distances: Tensor = _SquaredDistances.apply(embeddings)  # type: ignore[no-untyped-call]
    return distances


def euclidean(embeddings: Tensor) -> Tensor:
    """Euclidean distances of (N, D) embeddings, as (N, N), with gradient zero where the distance is zero."""
    return safe_sqrt(squared_euclidean(embeddings))


def cosine(embeddings: Tensor) -> Tensor:
    """Cosine distances, 1 - cos in [0, 2], of (N, D) embeddings of any length, as (N, N)."""
    # Half the squared distance of unit vectors: it keeps the digits that 1 - cos would cancel.
    return squared_euclidean(unit(embeddings)[0]) / 2


def safe_sqrt(squares: Tensor) -> Tensor:
    """Square root with gradient zero at zero, where the true one is infinite."""
    return squares.clamp_min(torch.finfo(squares.dtype).tiny).sqrt()


DISTANCES: dict[str, Callable[[Tensor], Tensor]] = {
    "squared_euclidean": squared_euclidean,
    "euclidean": euclidean,
    "cosine": cosine,
}


def chord_lengths(distances: Tensor, kind: str) -> Tensor:
    """Euclidean distances of unit vectors, from their distances of any `kind` in `DISTANCES`."""
    if kind == "euclidean":
        return distances
    return safe_sqrt(distances if kind == "squared_euclidean" else 2 * distances)
