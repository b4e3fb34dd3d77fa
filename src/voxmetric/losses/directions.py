"""Splitting an embedding into its direction and its length, safely at zero."""

from __future__ import annotations

import torch
from torch import Tensor


def unit(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Directions and lengths of vectors.

    A zero vector has no direction: it stays zero, so that its cosine with everything is 0, and gets a zero
    gradient through its direction.

    Args:
        vectors: (..., D).

    Returns:
        Unit vectors (..., D) and Euclidean norms (...).
    """
    norms = torch.linalg.vector_norm(vectors, dim=-1)
    divisors = torch.where(norms > 0, norms, torch.inf)
    return vectors / divisors.unsqueeze(-1), norms
