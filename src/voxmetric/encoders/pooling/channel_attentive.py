"""Attention that weighs the frames of each channel differently, as in the H/ASP system (Heo et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.encoders.pooling.weighted_statistics import weighted_statistics


class ChannelAttentive(Pooling):
    """Statistics over time with a weight for each channel and frame.

    The weights are the softmax over time of V BN(ReLU(W x_t + b)) + c.

    Args:
        num_channels: C.
        bottleneck: rows of W.
        deviation: give mean and standard deviation (2 C numbers); else the mean alone (C).
    """

    def __init__(self, num_channels: int, bottleneck: int = 128, deviation: bool = True) -> None:
        super().__init__(2 * num_channels if deviation else num_channels)
        self.deviation = deviation
        self.scores = nn.Sequential(
            nn.Conv1d(num_channels, bottleneck, 1),
            nn.ReLU(),
            nn.BatchNorm1d(bottleneck),
            nn.Conv1d(bottleneck, num_channels, 1),
        )

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        weights = fill_padding(self.scores(frames), lengths, -torch.inf).softmax(-1)
        return weighted_statistics(frames, weights) if self.deviation else (frames * weights).sum(-1)
