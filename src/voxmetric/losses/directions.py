"""Splitting an embedding into its direction and its length, safely at zero."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def unit(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Directions and lengths of vectors.

    A zero vector has no direction: it stays zero, so that its cosine with everything is 0, and gets a zero
    gradient.

    Args:
        vectors: (..., D).

    Returns:
        Unit vectors (..., D) and Euclidean norms (...).
    """
    directions, norms = _Unit.apply(vectors)  # type: ignore[no-untyped-call]
    return directions, norms


class _Unit(torch.autograd.Function):
    """u = x / |x|. Half the passes over memory of what autograd makes of it, which counts for a million classes."""

    @staticmethod
    def forward(context: Any, vectors: Tensor) -> tuple[Tensor, Tensor]:
        norms = torch.linalg.vector_norm(vectors, dim=-1)
        inverses = torch.where(norms > torch.finfo(norms.dtype).tiny, 1 / norms, 0).unsqueeze(-1)
        directions = vectors * inverses
        context.save_for_backward(directions, inverses)
        return directions, norms

    @staticmethod
    def backward(context: Any, of_directions: Tensor, of_norms: Tensor) -> Tensor:
        """(g - u (u . g)) / |x| from the directions' gradient g, and u from each unit of the norm's."""
        directions, inverses = context.saved_tensors
        along = (directions * of_directions).sum(-1, keepdim=True) * inverses - of_norms.unsqueeze(-1)
        return torch.addcmul(of_directions * inverses, directions, along, value=-1)
