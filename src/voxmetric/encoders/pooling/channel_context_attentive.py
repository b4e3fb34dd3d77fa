"""Channel- and context-dependent attentive statistics (Desplanques et al. 2020, ECAPA-TDNN)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.encoders.pooling.statistics import Statistics
from voxmetric.encoders.pooling.weighted_statistics import weighted_statistics


class ChannelContextAttentive(Pooling):
    """Mean and standard deviation with a weight for each channel and frame, which knows the whole recording.

    The weights are the softmax over time of V tanh(W [x_t; mean; standard deviation] + b) + c.

    Args:
        num_channels: C.
        bottleneck: rows of W.
    """

    def __init__(self, num_channels: int, bottleneck: int = 128) -> None:
        super().__init__(2 * num_channels)
        self.context = Statistics(num_channels)
        self.hidden = nn.Conv1d(3 * num_channels, bottleneck, 1)
        self.scores = nn.Conv1d(bottleneck, num_channels, 1)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        context = self.context(frames, lengths).unsqueeze(-1).expand(-1, -1, frames.shape[-1])
        scores = self.scores(self.hidden(torch.cat([frames, context], dim=1)).tanh())
        return weighted_statistics(frames, fill_padding(scores, lengths, -torch.inf).softmax(-1))
