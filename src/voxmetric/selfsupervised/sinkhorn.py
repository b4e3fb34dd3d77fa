"""Soft assignments that use every prototype alike: the Sinkhorn-Knopp iteration."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def balanced_assignments(scores: Tensor, epsilon: float, iterations: int) -> Tensor:
    """Assign rows to prototypes by their scores, with nearly equal shares for all prototypes.

    exp(scores / epsilon) is scaled in turn so that its columns, then its rows, have equal sums. It is done on
    logarithms, since the exponentials of a small epsilon leave the range of float32.

    Args:
        scores: (N, K), higher for nearer prototypes.
        epsilon: softness, above 0; the smaller, the nearer to one prototype a row.
        iterations: how often both are done; the more, the nearer to N / K the columns' sums.

    Returns:
        (N, K) without gradient; each row sums to 1.

    Source:
        Cuturi 2013, "Sinkhorn distances"; Caron et al. 2020 (SwAV), equation 5.
    """
    logarithms = scores / epsilon
    for _ in range(iterations):
        logarithms -= logarithms.logsumexp(0, keepdim=True)
        logarithms -= logarithms.logsumexp(1, keepdim=True)
    return logarithms.exp_()
