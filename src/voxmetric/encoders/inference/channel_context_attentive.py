"""Channel- and context-dependent attentive statistics with fixed weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric.audio.features.masking import clear_padding_, padding_mask
from voxmetric.encoders.inference.packed import PackedLinear
from voxmetric.encoders.pooling.channel_context_attentive import ChannelContextAttentive
from voxmetric.encoders.pooling.pooling import Pooling


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
        self.scores = PackedLinear(pooling.scores.weight.squeeze(-1), pooling.scores.bias, dtype=dtype)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        frames = frames.transpose(1, 2).contiguous()
        hidden = self.of_frame(frames.to(self.dtype)).float()
        if self.context:
            hidden = hidden + F.linear(self._context(frames, lengths), self.of_context).unsqueeze(1)
        hidden = self.hidden_normalization(hidden.transpose(1, 2)).transpose(1, 2).tanh()
        scores = self.scores(hidden.to(self.dtype).contiguous()).float()
        if lengths is not None:
            scores = scores.masked_fill(padding_mask(lengths, scores.shape[1]).unsqueeze(-1), -torch.inf)
        weights = scores.softmax(1)
        mean = (frames * weights).sum(1)
        variance = (frames - mean.unsqueeze(1)).square_().mul_(weights).sum(1)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1)

    def _context(self, frames: Tensor, lengths: Tensor | None) -> Tensor:
        """Mean and standard deviation (B, 2 C) of frames (B, T, C)."""
        counts = torch.full((len(frames),), frames.shape[1]) if lengths is None else lengths
        counts = counts.to(frames).unsqueeze(1)
        mean = _clear(frames, lengths).sum(1) / counts
        sums = _clear(frames - mean.unsqueeze(1), lengths).square_().sum(1)
        variance = sums / ((counts - 1).clamp(min=1) if self.unbiased else counts)
        return torch.cat([mean, variance.clamp(min=self.variance_floor).sqrt()], dim=1)


def _clear(frames: Tensor, lengths: Tensor | None) -> Tensor:
    clear_padding_(frames.transpose(1, 2), lengths)
    return frames
