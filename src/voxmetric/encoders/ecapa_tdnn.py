"""ECAPA-TDNN (Desplanques et al. 2020), in WeSpeaker's layout."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor, nn

from voxmetric.audio.features.log_mel import KALDI
from voxmetric.encoders.se_res2 import SeRes2Block
from voxmetric.encoders.time_delay import Edges, TimeDelay
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import unknown_name

_DILATIONS = (2, 3, 4)


class EcapaTdnn(Trunk):
    """A time-delay layer and three SE-Res2 blocks, whose outputs are joined.

    14.66 million parameters with 1024 channels, 6.19 million with 512 (80 mel bands, 192 components).

    Args:
        num_features: rows of the front-end.
        channels: width of the blocks, a multiple of 8; 512 and 1024 are published.
        output_channels: width of the layer behind them.
        edges: how the convolutions extend a recording at its ends, `zeros` or `reflect` (SpeechBrain).
        join_normalization: normalise behind the layer that joins the blocks (SpeechBrain).
        summed_inputs: a block takes the sum of everything before it, as published; else the last output alone, as the
            open implementations but one have it.
    """

    published = Published({"name": "log_mel", **KALDI}, "channel_context_attentive", 192)

    def __init__(
        self,
        num_features: int,
        channels: int = 512,
        output_channels: int = 1536,
        edges: Edges = "zeros",
        join_normalization: bool = False,
        summed_inputs: bool = False,
    ) -> None:
        if edges not in get_args(Edges):
            raise unknown_name("kind of edges", edges, get_args(Edges))
        super().__init__(output_channels, minimum_frames=_DILATIONS[-1] + 1 if edges == "reflect" else 1)
        self.summed_inputs = summed_inputs
        self.first = TimeDelay(num_features, channels, 5, padding=True, edges=edges)
        self.blocks = nn.ModuleList(SeRes2Block(channels, dilation, edges) for dilation in _DILATIONS)
        self.join = TimeDelay(
            len(_DILATIONS) * channels, output_channels, 1, normalization="batch" if join_normalization else "none"
        )

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        frames, _ = self.first(features, lengths)
        outputs = []
        for block in self.blocks:
            output = block(frames, lengths)
            frames = frames + output if self.summed_inputs else output
            outputs.append(output)
        joined, _ = self.join(torch.cat(outputs, dim=1), lengths)
        return joined, lengths

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        return nn.Sequential(nn.BatchNorm1d(pooled_size), nn.Linear(pooled_size, embedding_size))
