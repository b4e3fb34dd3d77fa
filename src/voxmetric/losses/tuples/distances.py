"""Distances between all utterances of a batch, with finite gradients everywhere (zero distance included)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def squared_euclidean(embeddings: Tensor) -> Tensor:
    """Squared Euclidean distances of (N, D) embeddings, as (N, N), never negative.

    Taken as one matrix product. Moving the origin into the middle of the batch changes no distance and saves the
    digits of small ones, which matter most when a batch has nearly collapsed.
    """
    centred = embeddings - embeddings.detach().mean(0)
    squares = centred.square().sum(1)
    return (squares[:, None] + squares - 2 * centred @ centred.T).clamp_min(0)


def euclidean(embeddings: Tensor) -> Tensor:
    """Euclidean distances of (N, D) embeddings, as (N, N), with gradient zero where the distance is zero."""
    return safe_sqrt(squared_euclidean(embeddings))


def cosine(embeddings: Tensor) -> Tensor:
    """Cosine distances, 1 - cos in [0, 2], of (N, D) embeddings of any length, as (N, N)."""
    # Half the squared distance of unit vectors: it keeps the digits that 1 - cos would cancel.
    return squared_euclidean(unit_length(embeddings)) / 2


def safe_sqrt(squares: Tensor) -> Tensor:
    """Square root with gradient zero at zero, where the true one is infinite."""
    positive = squares > 0
    return torch.where(positive, torch.where(positive, squares, 1.0).sqrt(), 0.0)


def unit_length(embeddings: Tensor) -> Tensor:
    """(N, D) embeddings scaled to length 1; an embedding of zeros stays as it is and has a finite gradient."""
    lengths = torch.linalg.vector_norm(embeddings, dim=1, keepdim=True)
    return embeddings / torch.where(lengths > 0, lengths, 1.0)


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
