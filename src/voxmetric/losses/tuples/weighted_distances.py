"""The sum of distances under fixed weights: what every exact hinge over all tuples comes down to."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

ROWS_AT_ONCE = 512


class _WeightedDistances(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, distances: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(weights)
        ctx.dtype = distances.dtype
        # The sums of positives and of negatives may be 10^9 times their difference's last digit: float64, in
        # chunks that need no float64 copy of either matrix.
        return torch.stack(
            [
                torch.dot(some.double().flatten(), their_weights.double().flatten())
                for some, their_weights in zip(distances.split(ROWS_AT_ONCE), weights.split(ROWS_AT_ONCE), strict=True)
            ]
        ).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (weights,) = ctx.saved_tensors
        return (weights * gradient).to(ctx.dtype), None


def weighted_distances(distances: Tensor, weights: Tensor) -> Tensor:
    """Sum of `weights` (N, N) times `distances` (N, N), accumulated in float64, as a float64 scalar.

    A sum of active hinges is linear in the distances, with weights that count the tuples each one takes part in; they
    are piecewise constant, so that this sum's gradient in the distances (the weights) is the hinges' own.
    """
    total: Tensor = _WeightedDistances.apply(distances, weights)  # type: ignore[no-untyped-call]
    return total
