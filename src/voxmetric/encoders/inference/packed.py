"""Layers with fixed weights, laid out once as oneDNN computes them, a normalisation folded in and the ReLU fused.

The layers of `torch.nn` hand their weights over in another order, which oneDNN changes at every call. The operators
used here are those that torch's own compiler writes for these layers; where they are missing, the public ones give the
same.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_OPERATORS = (
    "_linear_pointwise",
    "_reorder_linear_weight",
    "_convolution_pointwise",
    "_reorder_convolution_weight",
)
# Of the input that the layout is chosen for; any other may be computed.
_TYPICAL_FRAMES = 500


def can_pack(dtype: torch.dtype) -> bool:
    """Whether this build of torch has oneDNN and its fused operators, and the processor what they need for `dtype`."""
    if not torch.backends.mkldnn.is_available() or not all(hasattr(torch.ops.mkldnn, name) for name in _OPERATORS):
        return False
    return dtype == torch.float32 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def affine(normalization: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Scale and shift (C,) that batch normalisation comes to in evaluation."""
    mean, variance = cast(Tensor, normalization.running_mean), cast(Tensor, normalization.running_var)
    scale = normalization.weight.detach() * torch.rsqrt(variance + normalization.eps)
    return scale, normalization.bias.detach() - mean * scale


def folded(weight: Tensor, bias: Tensor | None, normalization: nn.BatchNorm2d | None) -> tuple[Tensor, Tensor]:
    """Weight (C', C, f, t) and bias (C',) of a convolution with the normalisation behind it, if any, in one."""
    weight = weight.detach()
    bias = weight.new_zeros(len(weight)) if bias is None else bias.detach()
    if normalization is None:
        return weight, bias
    scale, shift = affine(normalization)
    return weight * scale[:, None, None, None], bias * scale + shift


class PackedLinear:
    """A matrix product over one frame, for frames (B, T, C).

    Args:
        weight: (C', C), float32.
        bias: (C',).
        relu: apply it to the output.
        dtype: of frames, weights and output.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, *, relu: bool = False, dtype: torch.dtype = torch.float32
    ) -> None:
        weight = weight.detach().to(dtype).contiguous()
        self.relu = relu
        self.packed = can_pack(dtype)
        self.bias = None if bias is None else bias.detach().to(dtype)
        self.weight = torch.ops.mkldnn._reorder_linear_weight(weight, _TYPICAL_FRAMES) if self.packed else weight

    def __call__(self, frames: Tensor) -> Tensor:
        """Frames (B, T, C) -> (B, T, C')."""
        if not self.packed:
            plain = F.linear(frames, self.weight, self.bias)
            return plain.relu_() if self.relu else plain
        after = "relu" if self.relu else "none"
        fused: Tensor = torch.ops.mkldnn._linear_pointwise(frames, self.weight, self.bias, after, [], "")
        return fused


class PackedConvolution:
    """A convolution over images (B, C, F, T), channels last.

    Args:
        weight: (C', C / groups, f, t).
        bias: (C',).
        stride, padding, dilation: over frequency and time.
        groups: of channels that do not see each other.
        normalization: folded in, where given.
        relu: apply it to the output.
        dtype: of images, weights and output; foldings are computed in that of `weight`.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        *,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        groups: int = 1,
        normalization: nn.BatchNorm2d | None = None,
        relu: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        weight, bias = folded(weight, bias, normalization)
        self.stride, self.padding, self.dilation = list(stride), list(padding), list(dilation)
        self.groups = groups
        self.relu = relu
        self.packed = can_pack(dtype)
        self.bias = bias.to(dtype)
        self.weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
        if self.packed:
            typical = [1, weight.shape[1] * groups, 10, _TYPICAL_FRAMES]
            self.weight = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, self.padding, self.stride, self.dilation, groups, typical
            )

    def __call__(self, images: Tensor) -> Tensor:
        """Images (B, C, F, T) -> (B, C', F', T')."""
        if not self.packed:
            plain = F.conv2d(images, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
            return plain.relu_() if self.relu else plain
        after = "relu" if self.relu else "none"
        fused: Tensor = torch.ops.mkldnn._convolution_pointwise(
            images, self.weight, self.bias, self.padding, self.stride, self.dilation, self.groups, after, [], ""
        )
        return fused

    def added_to(self, images: Tensor, inner: Tensor) -> Tensor:
        """relu(images + what the convolution, made without a ReLU, gives of `inner`)."""
        if not self.packed:
            return self(inner).add_(images).relu_()
        fused: Tensor = torch.ops.mkldnn._convolution_pointwise.binary(
            inner,
            images,
            self.weight,
            self.bias,
            self.padding,
            self.stride,
            self.dilation,
            self.groups,
            "add",
            1.0,
            "relu",
            [],
            None,
        )
        return fused
