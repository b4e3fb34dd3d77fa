"""The gated time-delay network with fixed weights: normalisations folded, a frame's channels side by side."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.encoders.gated_tdnn import STEM, GatedBlock, GatedTdnn
from voxmetric.encoders.inference.packed import PackedConvolution, PackedLinear, folded
from voxmetric.encoders.inference.padding import Padding, with_few_sizes
from voxmetric.encoders.time_span import lengths_after
from voxmetric.encoders.trunk import Trunk


class GatedTdnnForInference(Trunk):
    """Gives what the `GatedTdnn` it is made from gives in evaluation mode.

    Args:
        trunk: the one it is made from, float32.
        dtype: of weights and activations; the features taken and the frames given are float32.
    """

    def __init__(self, trunk: GatedTdnn, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(trunk.num_channels, trunk.minimum_frames)
        self.dtype = dtype
        self.stem = _convolution(trunk.stem, dtype, relu=True)
        self.blocks = [_Block(cast(GatedBlock, block), dtype) for block in trunk.blocks]
        self.join = _linear(trunk.join, dtype, relu=True)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        features, lengths = with_few_sizes(features, lengths)
        frames = _over_time(self.stem, features.to(self.dtype).transpose(1, 2).contiguous())
        padding = Padding(lengths_after(lengths, STEM), frames.shape[1])
        pairs = list(zip(self.blocks[::2], self.blocks[1::2], strict=True))
        joined = frames.new_empty(*frames.shape[:2], len(pairs) * frames.shape[2])
        for (first, second), output in zip(pairs, joined.chunk(len(pairs), dim=-1), strict=True):
            frames = second(first(frames, padding), padding, output)
        return self.join(joined).float().transpose(1, 2), padding.lengths


class _Block:
    def __init__(self, block: GatedBlock, dtype: torch.dtype) -> None:
        self.widen, self.mix = _linear(block.widen, dtype), _linear(block.mix, dtype)
        self.depthwise = _convolution(block.depthwise, dtype, relu=True)
        self.squeeze, self.excite = block.gates.squeeze, block.gates.excite

    def __call__(self, frames: Tensor, padding: Padding, output: Tensor | None = None) -> Tensor:
        """Frames (B, T, C) -> the same shape, in `output` where given."""
        inner = _clear(F.glu(self.widen(frames), dim=-1), padding)
        inner = _clear(self.mix(_over_time(self.depthwise, inner)), padding)
        mean = inner.sum(1).float() / padding.counts
        gates = self.excite(F.relu(self.squeeze(mean))).sigmoid().to(inner).unsqueeze(1)
        return torch.addcmul(frames, inner, gates, out=output)


def _linear(layer: nn.Module, dtype: torch.dtype, *, relu: bool = False) -> PackedLinear:
    convolution, normalization = cast(tuple[nn.Conv2d, nn.BatchNorm2d], tuple(cast(nn.Sequential, layer)))
    weight, bias = folded(convolution.weight, convolution.bias, normalization)
    return PackedLinear(weight.flatten(1), bias, relu=relu, dtype=dtype)


def _convolution(layer: nn.Module, dtype: torch.dtype, *, relu: bool) -> PackedConvolution:
    convolution, normalization = cast(tuple[nn.Conv2d, nn.BatchNorm2d], tuple(cast(nn.Sequential, layer)))
    return PackedConvolution(
        convolution.weight,
        convolution.bias,
        stride=cast(tuple[int, int], convolution.stride),
        padding=cast(tuple[int, int], convolution.padding),
        dilation=cast(tuple[int, int], convolution.dilation),
        groups=convolution.groups,
        normalization=normalization,
        relu=relu,
        dtype=dtype,
    )


def _over_time(convolution: PackedConvolution, frames: Tensor) -> Tensor:
    """Of frames (B, T, C), as an image of one row."""
    return convolution(frames.transpose(1, 2).unsqueeze(2)).squeeze(2).transpose(1, 2)


def _clear(frames: Tensor, padding: Padding) -> Tensor:
    padding.clear_(frames.transpose(1, 2))
    return frames
