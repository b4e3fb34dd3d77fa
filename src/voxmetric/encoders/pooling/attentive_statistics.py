"""Attentive statistics pooling (Okabe et al. 2018)."""

from __future__ import annotations

from torch import Tensor

from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.encoders.pooling.self_attentive import FrameAttention
from voxmetric.encoders.pooling.weighted_statistics import weighted_statistics


class AttentiveStatistics(Pooling):
    """Mean and standard deviation over time, weighted by `FrameAttention`."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(2 * num_channels)
        self.attention = FrameAttention(num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        return weighted_statistics(frames, self.attention(frames, lengths))
