"""The ResNets with fixed weights: normalisations folded, weights packed, one pass over memory behind each block."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import clear_padding_, frame_counts
from voxmetric.encoders.inference.packed import PackedConvolution, affine
from voxmetric.encoders.residual import ResidualBlock
from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.time_span import lengths_after
from voxmetric.encoders.trunk import Trunk


class ResNetForInference(Trunk):
    """Gives what the `ResNet` it is made from gives in evaluation mode."""

    def __init__(self, trunk: ResNet) -> None:
        super().__init__(trunk.num_channels, trunk.minimum_frames)
        self.flatten_frequency, self.stem_pooling = trunk.flatten_frequency, trunk.stem_pooling
        self.stem = _Convolution(trunk.conv1, trunk.bn1, activation_first=trunk.stem_activation_first)
        blocks = [block for stage in trunk.stages for block in cast(nn.ModuleList, stage)]
        self.blocks = [_Block(cast(ResidualBlock, block)) for block in blocks]

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        images = self.stem(features.unsqueeze(1).contiguous()).contiguous(memory_format=torch.channels_last)
        if self.stem_pooling:
            images = F.max_pool2d(clear_padding_(images, lengths), 3, stride=(2, 1), padding=1)
        for block in self.blocks:
            images, lengths = block(images, lengths)
        return (images.flatten(1, 2) if self.flatten_frequency else images.mean(2)), lengths


class _Convolution:
    """Convolution, ReLU and batch normalisation, or the last two in the other order."""

    def __init__(self, convolution: nn.Conv2d, normalization: nn.BatchNorm2d, *, activation_first: bool) -> None:
        self.packed = _packed(convolution, None if activation_first else normalization, relu=True)
        # Behind a ReLU the normalisation cannot be folded into this convolution, nor into the next, whose zero padding
        # stands for normalised frames.
        self.affine = [part[:, None, None] for part in affine(normalization)] if activation_first else None

    def __call__(self, images: Tensor) -> Tensor:
        images = self.packed(images)
        if self.affine is None:
            return images
        scale, shift = self.affine
        return torch.addcmul(shift, images, scale)


class _Block:
    def __init__(self, block: ResidualBlock) -> None:
        self.span, self.gates = block.span, block.gates
        self.first = _Convolution(block.conv1, block.bn1, activation_first=block.activation_first)
        self.second = _packed(block.conv2, block.bn2, relu=False)
        self.shortcut = None
        if isinstance(block.shortcut, nn.Sequential):
            convolution, normalization = cast(tuple[nn.Conv2d, nn.BatchNorm2d], tuple(block.shortcut))
            self.shortcut = PackedConvolution(
                convolution.weight, None, stride=(self.span.stride,) * 2, normalization=normalization
            )

    def __call__(self, images: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        images = clear_padding_(images, lengths)
        lengths = lengths_after(lengths, self.span)
        inner = self.second(clear_padding_(self.first(images), lengths))
        shortcut = images if self.shortcut is None else self.shortcut(images)
        if self.gates is None:
            return inner.add_(shortcut).relu_(), lengths
        counts = torch.as_tensor(frame_counts(inner, lengths)).view(-1, 1)
        mean = clear_padding_(inner, lengths).sum((2, 3)) / (inner.shape[2] * counts)
        gates = self.gates.excite(F.relu(self.gates.squeeze(mean))).sigmoid()
        return torch.addcmul(shortcut, inner, gates[:, :, None, None]).relu_(), lengths


def _packed(convolution: nn.Conv2d, normalization: nn.BatchNorm2d | None, *, relu: bool) -> PackedConvolution:
    return PackedConvolution(
        convolution.weight,
        convolution.bias,
        stride=cast(tuple[int, int], convolution.stride),
        padding=cast(tuple[int, int], convolution.padding),
        normalization=normalization,
        relu=relu,
    )
