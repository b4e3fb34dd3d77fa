"""Self multi-head attention pooling (India et al. 2019)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.pooling.pooling import Pooling
from voxmetric.errors import InputError


class MultiHeadAttentive(Pooling):
    """Mean over time, where each group of channels has an attention of its own.

    Head h sees its d = C / H channels; its weights are the softmax over time of u_h . x_t / sqrt(d).

    Args:
        num_channels: C, a multiple of `heads`.
        heads: H.
    """

    def __init__(self, num_channels: int, heads: int = 8) -> None:
        if heads < 1 or num_channels % heads:
            raise InputError(f"{num_channels} channels cannot be shared by {heads} heads: choose a divisor")
        super().__init__(num_channels)
        self.queries = nn.Parameter(torch.empty(heads, num_channels // heads))
        nn.init.xavier_normal_(self.queries)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        heads, size = self.queries.shape
        groups = frames.reshape(frames.shape[0], heads, size, -1)
        scores = torch.einsum("bhdt,hd->bht", groups, self.queries) / math.sqrt(size)
        weights = fill_padding(scores, lengths, -torch.inf).softmax(-1)
        return torch.einsum("bhdt,bht->bhd", groups, weights).flatten(1)
