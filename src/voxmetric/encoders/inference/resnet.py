"""The ResNets with fixed weights: normalisations folded, weights packed, one pass over memory behind each block."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.encoders.inference.convolution import Convolution
from voxmetric.encoders.inference.packed import PackedConvolution, affine
from voxmetric.encoders.inference.padding import Padding, with_few_sizes
from voxmetric.encoders.residual import ResidualBlock
from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.time_span import lengths_after
from voxmetric.encoders.trunk import Trunk


class ResNetForInference(Trunk):
    """Gives what the `ResNet` it is made from gives in evaluation mode.

    Args:
        trunk: the one it is made from, float32.
        dtype: of weights and activations; the features taken and the frames given are float32.
    """

    def __init__(self, trunk: ResNet, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(trunk.num_channels, trunk.minimum_frames)
        self.flatten_frequency, self.stem_pooling = trunk.flatten_frequency, trunk.stem_pooling
        self.dtype = dtype
        self.stem = _Activated(
            trunk.conv1, trunk.bn1, trunk.stem_rows, dtype, activation_first=trunk.stem_activation_first
        )
        self.blocks = [
            _Block(cast(ResidualBlock, block), rows, dtype)
            for stage, rows in zip(trunk.stages, trunk.stage_rows, strict=True)
            for block in cast(nn.ModuleList, stage)
        ]

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        features, lengths = with_few_sizes(features, lengths)
        padding = Padding(lengths, features.shape[2])
        images = self.stem(features.to(self.dtype).unsqueeze(1).contiguous())
        images = images.contiguous(memory_format=torch.channels_last)
        if self.stem_pooling:
            images = F.max_pool2d(padding.clear_(images), 3, stride=(2, 1), padding=1)
        for block in self.blocks:
            images, padding = block(images, padding)
        frames = images.flatten(1, 2).float() if self.flatten_frequency else images.mean(2, dtype=torch.float32)
        return frames, padding.lengths


class _Activated:
    """Convolution, ReLU and batch normalisation, or the last two in the other order."""

    def __init__(
        self,
        convolution: nn.Conv2d,
        normalization: nn.BatchNorm2d,
        num_rows: int,
        dtype: torch.dtype,
        *,
        activation_first: bool,
    ) -> None:
        self.convolution = Convolution(
            convolution, None if activation_first else normalization, num_rows=num_rows, relu=True, dtype=dtype
        )
        # Behind a ReLU the normalisation cannot be folded into this convolution, nor into the next, whose zero padding
        # stands for normalised frames.
        self.affine = affine(normalization) if activation_first else None

    def __call__(self, images: Tensor) -> Tensor:
        images = self.convolution(images)
        if self.affine is None:
            return images
        scale, shift = self.affine
        if images.dtype == torch.float32:
            return torch.addcmul(shift[:, None, None], images, scale[:, None, None])
        # In bfloat16 the product above takes ten times as long for few channels; this takes as long as in float32.
        return F.batch_norm(images, torch.zeros_like(scale), torch.ones_like(scale), scale, shift, eps=0.0)


class _Block:
    def __init__(self, block: ResidualBlock, num_rows: int, dtype: torch.dtype) -> None:
        self.span, self.gates = block.span, block.gates
        self.first = _Activated(block.conv1, block.bn1, num_rows, dtype, activation_first=block.activation_first)
        self.second = Convolution(block.conv2, block.bn2, num_rows=num_rows, relu=False, dtype=dtype)
        self.shortcut = None
        if isinstance(block.shortcut, nn.Sequential):
            convolution, normalization = cast(tuple[nn.Conv2d, nn.BatchNorm2d], tuple(block.shortcut))
            self.shortcut = PackedConvolution(
                convolution.weight, None, stride=(self.span.stride,) * 2, normalization=normalization, dtype=dtype
            )

    def __call__(self, images: Tensor, padding: Padding) -> tuple[Tensor, Padding]:
        inner = self.first(padding.clear_(images))
        if self.span.stride != 1:
            padding = Padding(lengths_after(padding.lengths, self.span), inner.shape[-1])
        inner = padding.clear_(inner)
        shortcut = images if self.shortcut is None else self.shortcut(images)
        if self.gates is None:
            return self.second.added_to(shortcut, inner), padding
        inner = self.second(inner)
        mean = padding.clear_(inner).sum((2, 3)).float() / (inner.shape[2] * padding.counts)
        gates = self.gates.excite(F.relu(self.gates.squeeze(mean))).sigmoid().to(inner)
        return _gated_sum(shortcut, inner, gates).relu_(), padding


def _gated_sum(shortcut: Tensor, inner: Tensor, gates: Tensor) -> Tensor:
    """shortcut + inner * gates, for images (B, C, F, T), channels last, and gates (B, C)."""
    if inner.dtype == torch.float32:
        return torch.addcmul(shortcut, inner, gates[:, :, None, None])
    # In bfloat16 a factor that repeats every few channels is slow: here it repeats with the row of all frames.
    num_items, num_channels, num_rows, num_frames = inner.shape
    rows, inner_rows = (each.permute(0, 2, 3, 1).flatten(2) for each in (shortcut, inner))
    repeated = gates.unsqueeze(1).expand(-1, num_frames, -1).reshape(num_items, 1, -1)
    summed = torch.addcmul(rows, inner_rows, repeated)
    return summed.view(num_items, num_rows, num_frames, num_channels).permute(0, 3, 1, 2)
