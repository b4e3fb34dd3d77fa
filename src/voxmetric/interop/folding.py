"""A batch normalisation behind a linear layer, made part of it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

_EPSILON = 1e-5


def fold_normalization(tensors: Mapping[str, Tensor], linear: str, normalization: str) -> dict[str, Tensor]:
    """`tensors` with the batch normalisation of that name, in evaluation mode, worked into the linear layer.

    The folded tensors replace the linear layer's; those of the normalisation are dropped. Without the normalisation
    the tensors come back as they are.
    """
    own = {name: tensor for name, tensor in tensors.items() if name.startswith(f"{normalization}.")}
    if not own:
        return dict(tensors)
    mean, variance, weight, bias = (
        own[f"{normalization}.{part}"].double() for part in ("running_mean", "running_var", "weight", "bias")
    )
    scale = weight / (variance + _EPSILON).sqrt()
    matrix, offset = tensors[f"{linear}.weight"], tensors[f"{linear}.bias"]
    folded = {
        f"{linear}.weight": (scale.unsqueeze(1) * matrix.double()).to(matrix),
        f"{linear}.bias": (scale * (offset.double() - mean) + bias).to(offset),
    }
    return {name: tensor for name, tensor in tensors.items() if name not in own} | folded
