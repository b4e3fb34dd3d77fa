"""Convolutions of a ResNet with fixed weights, each computed directly or in tiles, whichever is faster."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from voxmetric.encoders.inference.packed import PackedConvolution, folded
from voxmetric.encoders.inference.winograd import FEWEST_CHANNELS, FEWEST_VALUES, WinogradConvolution


class Convolution:
    """A convolution over images (B, C, F, T), channels last.

    Args:
        convolution: the one it is made from, float32, without dilation and groups.
        normalization: folded in, where given.
        num_rows: F of its output.
        relu: apply it to the output.
        dtype: of images, weights and output.
    """

    def __init__(
        self,
        convolution: nn.Conv2d,
        normalization: nn.BatchNorm2d | None,
        *,
        num_rows: int,
        relu: bool,
        dtype: torch.dtype,
    ) -> None:
        self.relu = relu
        self.direct = PackedConvolution(
            convolution.weight,
            convolution.bias,
            stride=cast(tuple[int, int], convolution.stride),
            padding=cast(tuple[int, int], convolution.padding),
            normalization=normalization,
            relu=relu,
            dtype=dtype,
        )
        self.tiled: WinogradConvolution | None = None
        if _gains_by_tiles(convolution, dtype):
            weight, bias = folded(convolution.weight, convolution.bias, normalization)
            self.tiled = WinogradConvolution(weight, bias, num_rows)

    def __call__(self, images: Tensor) -> Tensor:
        """Images (B, C, F, T) -> (B, C', F', T')."""
        found = self._tiled(images)
        if found is None:
            return self.direct(images)
        return found.relu_() if self.relu else found

    def added_to(self, images: Tensor, inner: Tensor) -> Tensor:
        """relu(images + what the convolution, made without a ReLU, gives of `inner`)."""
        found = self._tiled(inner)
        return self.direct.added_to(images, inner) if found is None else found.add_(images).relu_()

    def _tiled(self, images: Tensor) -> Tensor | None:
        if self.tiled is None or self.tiled.num_tiles(images) * images.shape[1] < FEWEST_VALUES:
            return None
        return self.tiled(images)


def _gains_by_tiles(convolution: nn.Conv2d, dtype: torch.dtype) -> bool:
    """Measured on x86 alone, where MKL computes the products."""
    channels = min(convolution.in_channels, convolution.out_channels)
    plain = (convolution.kernel_size, convolution.stride, convolution.padding) == ((3, 3), (1, 1), (1, 1))
    return plain and channels >= FEWEST_CHANNELS and dtype == torch.float32 and torch.backends.mkl.is_available()
