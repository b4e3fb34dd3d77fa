"""ECAPA-TDNN (Desplanques et al. 2020), in WeSpeaker's layout."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.log_mel import KALDI
from voxmetric.encoders.se_res2 import SeRes2Block
from voxmetric.encoders.time_delay import TimeDelay
from voxmetric.encoders.trunk import Published, Trunk

_DILATIONS = (2, 3, 4)


class EcapaTdnn(Trunk):
    """A time-delay layer and three SE-Res2 blocks, whose outputs are joined.

    14.66 million parameters with 1024 channels, 6.19 million with 512 (80 mel bands, 192 components).

    Args:
        num_features: rows of the front-end.
        channels: width of the blocks, a multiple of 8; 512 and 1024 are published.
        output_channels: width of the layer behind them.
    """

    published = Published({"name": "log_mel", **KALDI}, "channel_context_attentive", 192)

    def __init__(self, num_features: int, channels: int = 512, output_channels: int = 1536) -> None:
        super().__init__(output_channels, minimum_frames=1)
        self.first = TimeDelay(num_features, channels, 5, padding=True)
        self.blocks = nn.ModuleList(SeRes2Block(channels, dilation) for dilation in _DILATIONS)
        self.join = nn.Conv1d(len(_DILATIONS) * channels, output_channels, 1)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        frames, _ = self.first(features, lengths)
        outputs = []
        for block in self.blocks:
            frames = block(frames, lengths)
            outputs.append(frames)
        return F.relu(self.join(torch.cat(outputs, dim=1))), lengths

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        return nn.Sequential(nn.BatchNorm1d(pooled_size), nn.Linear(pooled_size, embedding_size))
