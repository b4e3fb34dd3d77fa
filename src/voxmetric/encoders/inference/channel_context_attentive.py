"""Channel- and context-dependent attentive statistics with fixed weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric.audio.features.masking import clear_padding_, fill_padding
from voxmetric.encoders.inference.packed import PackedLinear
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive
from voxmetric.encoders.pooling.pooling import Pooling


class ChannelContextAttentiveForInference(Pooling):
    """Gives what the `ChannelContextAttentive` it is made from gives in evaluation mode.

    What W makes of mean and standard deviation is the same at every frame: it is computed once a recording, a third of
    the layer remains.
    """

    def __init__(self, pooling: ChannelContextAttentive, num_channels: int) -> None:
        super().__init__(pooling.output_size)
        self.context, self.unbiased = pooling.context, pooling.unbiased
        self.variance_floor = pooling.variance_floor
        weight = pooling.hidden.weight.detach().squeeze(-1)
        self.of_frame, self.of_context = weight[:, :num_channels].contiguous(), weight[:, num_channels:].contiguous()
        self.bias = None if pooling.hidden.bias is None else pooling.hidden.bias.detach()
        self.hidden_normalization = pooling.hidden_normalization
        self.scores = PackedLinear(pooling.scores, relu=False)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        by_frame = frames.transpose(1, 2)
        hidden = F.linear(by_frame, self.of_frame, self.bias)
        if self.context:
            hidden = hidden + F.linear(self._context(frames, lengths), self.of_context).unsqueeze(1)
        hidden = self.hidden_normalization(hidden.transpose(1, 2)).transpose(1, 2).tanh()
        scores = self.scores(hidden.contiguous()).transpose(1, 2)
        weights = fill_padding(scores, lengths, -torch.inf).softmax(-1)
        mean = (frames * weights).sum(-1)
        variance = (frames - mean.unsqueeze(-1)).square_().mul_(weights).sum(-1)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1)

    def _context(self, frames: Tensor, lengths: Tensor | None) -> Tensor:
        """Mean and standard deviation (B, 2 C) of frames (B, C, T)."""
        counts = torch.full((len(frames),), frames.shape[-1]) if lengths is None else lengths
        counts = counts.to(frames).unsqueeze(1)
        mean = clear_padding_(frames, lengths).sum(-1) / counts
        sums = clear_padding_(frames - mean.unsqueeze(-1), lengths).square_().sum(-1)
        variance = sums / ((counts - 1).clamp(min=1) if self.unbiased else counts)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1)
