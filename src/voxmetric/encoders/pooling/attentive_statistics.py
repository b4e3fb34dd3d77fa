"""Attentive statistics pooling (Okabe et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.encoders.pooling.self_attentive import FrameAttention

_VARIANCE_FLOOR = 1e-5


def weighted_statistics(frames: Tensor, weights: Tensor) -> Tensor:
    """Mean and standard deviation of frames (B, C, T) under weights (B, C or 1, T) that sum to 1: (B, 2 C).

    The variance is floored at 1e-5 before the square root.
    """
    mean = (frames * weights).sum(-1, keepdim=True)
    variance = ((frames - mean).square() * weights).sum(-1)
    return torch.cat([mean.squeeze(-1), variance.clamp(min=_VARIANCE_FLOOR).sqrt()], dim=1)


class AttentiveStatistics(Pooling):
    """Mean and standard deviation over time, weighted by `FrameAttention`."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(2 * num_channels)
        self.attention = FrameAttention(num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        return weighted_statistics(frames, self.attention(frames, lengths))
