"""ResNet-34 over the time-frequency plane: what its published variants in this field share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.residual import ResidualBlock
from voxmetric.encoders.trunk import Trunk
from voxmetric.errors import InputError


class ResNet(Trunk):
    """A stem, four stages of residual blocks, and the frequency axis averaged or laid out as channels.

    Args:
        num_features: rows of the front-end.
        channels, blocks, strides: of the four stages; the stride is that of a stage's first block on both axes.
        stem_kernel: size of the first convolution.
        stem_stride: its stride over frequency; over time it is 1.
        stem_pooling: a 3x3 max-pooling behind it, halving the frequencies once more.
        stem_activation_first, activation_first: ReLU before batch normalisation, in the stem and in the blocks; a stem
            of that order has a bias.
        squeeze_excitation: see `ResidualBlock`.
        flatten_frequency: channels x frequencies become the rows of the output; else the mean over frequencies.
    """

    def __init__(
        self,
        num_features: int,
        *,
        channels: Sequence[int],
        blocks: Sequence[int],
        strides: Sequence[int],
        stem_kernel: int,
        stem_stride: int,
        stem_pooling: bool,
        stem_activation_first: bool,
        activation_first: bool,
        squeeze_excitation: bool,
        flatten_frequency: bool,
    ) -> None:
        if len(channels) != len(strides) or len(blocks) != len(strides):
            raise InputError(
                f"a ResNet has {len(strides)} stages: channels are {list(channels)} and blocks {list(blocks)}; "
                f"give {len(strides)} numbers each"
            )
        rows = [num_features]
        for stride in (stem_stride, 2 if stem_pooling else 1, *strides):
            rows.append((rows[-1] - 1) // stride + 1)
        super().__init__(
            num_channels=channels[-1] * (rows[-1] if flatten_frequency else 1),
            minimum_frames=math.prod(strides),
        )
        self.stem_rows, self.stage_rows = rows[1], rows[-len(strides) :]
        self.stem_pooling = stem_pooling
        self.stem_activation_first = stem_activation_first
        self.flatten_frequency = flatten_frequency
        self.conv1 = nn.Conv2d(
            1,
            channels[0],
            stem_kernel,
            stride=(stem_stride, 1),
            padding=stem_kernel // 2,
            bias=stem_activation_first,
        )
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.stages = nn.ModuleList(
            nn.ModuleList(
                ResidualBlock(
                    before if first else after,
                    after,
                    stride if first else 1,
                    squeeze_excitation=squeeze_excitation,
                    activation_first=activation_first,
                )
                for first in [True] + [False] * (depth - 1)
            )
            for before, after, depth, stride in zip(
                (channels[0], *channels[:-1]), channels, blocks, strides, strict=True
            )
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        images = self._stem(features.unsqueeze(1), lengths)
        for stage in self.stages:
            for block in stage:  # type: ignore[attr-defined]
                images, lengths = block(images, lengths)
        return (images.flatten(1, 2) if self.flatten_frequency else images.mean(2)), lengths

    def _stem(self, images: Tensor, lengths: Tensor | None) -> Tensor:
        images = self.conv1(images)
        # Convolutions with many channels are faster on both CPUs and GPUs when a pixel's channels lie together.
        images = images.contiguous(memory_format=torch.channels_last)
        images = self.bn1(F.relu(images)) if self.stem_activation_first else F.relu(self.bn1(images))
        if self.stem_pooling:
            # Behind a ReLU a zero never wins over an item's own frames.
            images = F.max_pool2d(fill_padding(images, lengths), 3, stride=(2, 1), padding=1)
        return images
