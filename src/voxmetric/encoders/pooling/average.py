"""Temporal average pooling."""

from __future__ import annotations

from torch import Tensor

from voxmetric.audio.features.masking import mean_over_time
from voxmetric.encoders.pooling.pooling import Pooling


class Average(Pooling):
    """Mean over time."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        return mean_over_time(frames, lengths).squeeze(-1)
