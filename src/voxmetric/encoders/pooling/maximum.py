"""Temporal maximum pooling."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling


class Maximum(Pooling):
    """Largest value over time, channel by channel."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        return fill_padding(frames, lengths, -torch.inf).amax(-1)
