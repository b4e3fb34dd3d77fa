"""Self-attentive pooling (Cai et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling


class FrameAttention(nn.Module):
    """One weight for each frame: the softmax over time of u . tanh(W x_t + b)."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(num_channels, num_channels)
        self.context = nn.Parameter(torch.empty(num_channels, 1))
        nn.init.xavier_normal_(self.context)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Frames (B, C, T) -> weights (B, 1, T) that sum to 1 over an item's own frames."""
        scores: Tensor = (self.hidden(frames.transpose(1, 2)).tanh() @ self.context).transpose(1, 2)
        return fill_padding(scores, lengths, -torch.inf).softmax(-1)


class SelfAttentive(Pooling):
    """Mean over time, weighted by `FrameAttention`."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(num_channels)
        self.attention = FrameAttention(num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        weights: Tensor = self.attention(frames, lengths)
        return (frames * weights).sum(-1)
