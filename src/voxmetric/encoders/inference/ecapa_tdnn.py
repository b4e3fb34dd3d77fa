"""ECAPA-TDNN with fixed weights: a frame's channels lie together, so that most layers are one matrix product."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.encoders.ecapa_tdnn import EcapaTdnn
from voxmetric.encoders.inference.packed import PackedConvolution, PackedLinear, affine
from voxmetric.encoders.inference.padding import Padding, with_few_sizes
from voxmetric.encoders.se_res2 import SeRes2Block
from voxmetric.encoders.time_delay import TimeDelay
from voxmetric.encoders.trunk import Trunk


class EcapaTdnnForInference(Trunk):
    """Gives what the `EcapaTdnn` it is made from gives in evaluation mode.

    Args:
        trunk: the one it is made from, float32.
        dtype: of weights and activations; the features taken and the frames given are float32.
    """

    def __init__(self, trunk: EcapaTdnn, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(trunk.num_channels, trunk.minimum_frames)
        self.summed_inputs = trunk.summed_inputs
        self.dtype = dtype
        self.first = _WideLayer(trunk.first, dtype)
        self.blocks = [_Block(cast(SeRes2Block, block), dtype) for block in trunk.blocks]
        self.join = _Layer(trunk.join, dtype)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        features, lengths = with_few_sizes(features, lengths)
        padding = Padding(lengths, features.shape[2])
        room = self.first.room_for(features.transpose(1, 2), self.dtype)
        self.first.inside(room).copy_(features.transpose(1, 2))
        frames = self.first(room, padding)
        joined = frames.new_empty(*frames.shape[:2], len(self.blocks) * frames.shape[2])
        for block, output in zip(self.blocks, joined.chunk(len(self.blocks), dim=-1), strict=True):
            block(frames, padding, output)
            frames = frames + output if self.summed_inputs else output
        return self.join(joined).float().transpose(1, 2), lengths


class _Layer:
    """`TimeDelay` over one frame: frames (B, T, C) -> (B, T, C')."""

    def __init__(self, layer: TimeDelay, dtype: torch.dtype) -> None:
        convolution = layer.convolution
        self.linear = PackedLinear(convolution.weight.squeeze(-1), convolution.bias, relu=True, dtype=dtype)
        self.normalization = _Normalization(layer.normalization, dtype)

    def __call__(self, frames: Tensor) -> Tensor:
        return self.normalization(self.linear(frames))


class _WideLayer:
    """`TimeDelay` over several frames: (B, m + T + m, C), the m at either edge being the layer's own -> (B, T, C')."""

    def __init__(self, layer: TimeDelay, dtype: torch.dtype) -> None:
        self.margin, self.mirrored = layer.span.padding, layer.reflected > 0
        convolution = layer.convolution
        self.convolution = PackedConvolution(
            convolution.weight.unsqueeze(2), convolution.bias, dilation=(1, layer.span.dilation), relu=True, dtype=dtype
        )
        self.normalization = _Normalization(layer.normalization, dtype)

    def room_for(self, frames: Tensor, dtype: torch.dtype) -> Tensor:
        """Zeros (B, m + T + m, C) for frames (B, T, C)."""
        num_items, num_frames, num_channels = frames.shape
        return frames.new_zeros(num_items, num_frames + 2 * self.margin, num_channels, dtype=dtype)

    def inside(self, room: Tensor) -> Tensor:
        return room[:, self.margin : room.shape[1] - self.margin]

    def __call__(self, room: Tensor, padding: Padding, output: Tensor | None = None) -> Tensor:
        if self.mirrored:
            padding.mirror_(room.transpose(1, 2), self.margin)
        else:
            _clear(self.inside(room), padding)
        # As an image of one row, in which a frame's channels lie together as well.
        inner = self.convolution(room.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)
        return self.normalization(inner, output)


class _Normalization:
    def __init__(self, normalization: nn.Module, dtype: torch.dtype) -> None:
        self.affine = None
        if isinstance(normalization, nn.BatchNorm1d):
            self.affine = [part.to(dtype) for part in affine(normalization)]

    def __call__(self, frames: Tensor, output: Tensor | None = None) -> Tensor:
        if self.affine is None:
            return frames
        scale, shift = self.affine
        return (
            torch.addcmul(shift, frames, scale) if output is None else torch.addcmul(shift, frames, scale, out=output)
        )


class _Block:
    def __init__(self, block: SeRes2Block, dtype: torch.dtype) -> None:
        self.narrow, self.widen = _Layer(block.narrow, dtype), _Layer(block.widen, dtype)
        self.layers = [_WideLayer(cast(TimeDelay, layer), dtype) for layer in block.res2.layers]
        self.squeeze, self.excite = block.squeeze, block.excite

    def __call__(self, frames: Tensor, padding: Padding, output: Tensor) -> None:
        inner = self.narrow(frames)
        mixed = torch.empty_like(inner)
        first, *groups = inner.chunk(len(self.layers) + 1, dim=-1)
        *places, last = mixed.chunk(len(self.layers) + 1, dim=-1)
        last.copy_(groups[-1])
        room = self.layers[0].room_for(first, first.dtype)
        carried = self.layers[0].inside(room)
        carried.copy_(first)
        for layer, group, place in zip(self.layers, groups, places, strict=True):
            torch.add(layer(room, padding, place), group, out=carried)
        inner = _clear(self.widen(mixed), padding)
        gates = self.excite(F.relu(self.squeeze(inner.sum(1).float() / padding.counts))).sigmoid().to(inner)
        torch.addcmul(frames, inner, gates.unsqueeze(1), out=output)


def _clear(frames: Tensor, padding: Padding) -> Tensor:
    padding.clear_(frames.transpose(1, 2))
    return frames
