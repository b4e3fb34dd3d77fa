"""Channel- and context-dependent attentive statistics with fixed weights."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric.encoders.inference.packed import PackedLinear
from voxmetric.encoders.inference.padding import Padding
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive
from voxmetric.encoders.pooling.pooling import Pooling

# Channels whose scores, weights and deviations are computed at once: few enough to stay in the cache between passes.
_CHANNELS_AT_ONCE = 256


class ChannelContextAttentiveForInference(Pooling):
    """Gives what the `ChannelContextAttentive` it is made from gives in evaluation mode.

    What W makes of mean and standard deviation is the same at every frame: it is computed once a recording, a third of
    the layer remains. A frame's channels lie together: sums over time then run over memory in its order.

    Args:
        pooling: the one it is made from.
        num_channels: rows of its input.
        dtype: of the two matrix products over every frame; the rest, statistics above all, is float32.
    """

    def __init__(self, pooling: ChannelContextAttentive, num_channels: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(pooling.output_size)
        self.context, self.unbiased = pooling.context, pooling.unbiased
        self.variance_floor = pooling.variance_floor
        self.dtype = dtype
        weight = pooling.hidden.weight.detach().squeeze(-1)
        self.of_frame = PackedLinear(weight[:, :num_channels], pooling.hidden.bias, dtype=dtype)
        self.of_context = weight[:, num_channels:].contiguous()
        self.hidden_normalization = pooling.hidden_normalization
        weights, biases = pooling.scores.weight.squeeze(-1), cast(Tensor, pooling.scores.bias)
        self.scores = [
            PackedLinear(weight, bias, dtype=dtype)
            for weight, bias in zip(weights.split(_CHANNELS_AT_ONCE), biases.split(_CHANNELS_AT_ONCE), strict=True)
        ]

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        padding = Padding(lengths, frames.shape[2])
        frames = frames.transpose(1, 2).contiguous()
        hidden = self.of_frame(frames.to(self.dtype)).float()
        if self.context:
            hidden = hidden + F.linear(self._context(frames, padding), self.of_context).unsqueeze(1)
        hidden = self.hidden_normalization(hidden.transpose(1, 2)).transpose(1, 2).tanh()
        hidden = hidden.to(self.dtype).contiguous()
        means, variances = zip(
            *(
                _mean_and_variance(group, scores(hidden).float(), padding)
                for group, scores in zip(frames.split(_CHANNELS_AT_ONCE, dim=2), self.scores, strict=True)
            ),
            strict=True,
        )
        deviation = torch.cat(variances, dim=1).clamp_(min=self.variance_floor).sqrt_()
        return torch.cat([*means, deviation], dim=1)

    def _context(self, frames: Tensor, padding: Padding) -> Tensor:
        """Mean and standard deviation (B, 2 C) of frames (B, T, C)."""
        counts = padding.counts
        mean = _clear(frames, padding).sum(1) / counts
        sums = _clear(frames - mean.unsqueeze(1), padding).square_().sum(1)
        variance = sums / ((counts - 1).clamp(min=1) if self.unbiased else counts)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1)


def _mean_and_variance(frames: Tensor, scores: Tensor, padding: Padding) -> tuple[Tensor, Tensor]:
    """Of frames (B, T, C), weighted by the softmax over time of scores (B, T, C): (B, C) each; scores are lost."""
    _clear(scores, padding, -torch.inf)
    weights = scores.sub_(scores.amax(1, keepdim=True)).exp_()
    total = weights.sum(1)
    mean = (frames * weights).sum(1) / total
    variance = (frames - mean.unsqueeze(1)).square_().mul_(weights).sum(1) / total
    return mean, variance


def _clear(frames: Tensor, padding: Padding, fill: float = 0.0) -> Tensor:
    padding.clear_(frames.transpose(1, 2), fill)
    return frames
