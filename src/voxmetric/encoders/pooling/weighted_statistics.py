"""Mean and standard deviation under weights, shared by the attentive statistics poolings."""

from __future__ import annotations

import torch
from torch import Tensor

VARIANCE_FLOOR = 1e-5


def weighted_statistics(frames: Tensor, weights: Tensor, variance_floor: float = VARIANCE_FLOOR) -> Tensor:
    """Mean and standard deviation of frames (B, C, T) under weights (B, C or 1, T) that sum to 1: (B, 2 C).

    The variance is floored before the square root, so that the gradient stays finite.
    """
    mean = (frames * weights).sum(-1, keepdim=True)
    variance = ((frames - mean).square() * weights).sum(-1)
    return torch.cat([mean.squeeze(-1), variance.clamp(min=variance_floor).sqrt()], dim=1)
