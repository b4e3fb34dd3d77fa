"""Channel- and context-dependent attentive statistics (Desplanques et al. 2020, ECAPA-TDNN)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.encoders.pooling.statistics import moments_over_time
from voxmetric.encoders.pooling.weighted_statistics import VARIANCE_FLOOR, weighted_statistics


class ChannelContextAttentive(Pooling):
    """Mean and standard deviation with a weight for each channel and frame, which knows the whole recording.

    The weights are the softmax over time of V tanh(W [x_t; mean; standard deviation] + b) + c. The options are the
    points in which the open implementations differ.

    Args:
        num_channels: C.
        bottleneck: rows of W.
        context: whether W sees mean and standard deviation of the recording besides the frame.
        unbiased: whether the variance of the context is the unbiased one.
        hidden_normalization: ReLU and batch normalisation before the hyperbolic tangent.
        variance_floor: of the pooled variance and of the context's, above 0.
    """

    def __init__(
        self,
        num_channels: int,
        bottleneck: int = 128,
        context: bool = True,
        unbiased: bool = True,
        hidden_normalization: bool = False,
        variance_floor: float = VARIANCE_FLOOR,
    ) -> None:
        super().__init__(2 * num_channels)
        self.context, self.unbiased = context, unbiased
        self.variance_floor = variance_floor
        self.hidden = nn.Conv1d(3 * num_channels if context else num_channels, bottleneck, 1)
        self.hidden_normalization = (
            nn.Sequential(nn.ReLU(), nn.BatchNorm1d(bottleneck)) if hidden_normalization else nn.Identity()
        )
        self.scores = nn.Conv1d(bottleneck, num_channels, 1)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        seen = torch.cat([frames, *self._context(frames, lengths)], dim=1) if self.context else frames
        scores = self.scores(self.hidden_normalization(self.hidden(seen)).tanh())
        weights = fill_padding(scores, lengths, -torch.inf).softmax(-1)
        return weighted_statistics(frames, weights, self.variance_floor)

    def _context(self, frames: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        mean, variance = moments_over_time(frames, lengths, unbiased=self.unbiased)
        deviation = variance.clamp(min=self.variance_floor).sqrt()
        return mean.expand_as(frames), deviation.expand_as(frames)
