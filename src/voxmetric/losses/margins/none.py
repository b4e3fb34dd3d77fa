"""No margin."""

from __future__ import annotations

from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.margins.margin import Margin


class NoMargin(Margin):
    """Target logit: cos(theta).

    Args:
        margin: 0; there for symmetry with the other kinds.

    Source:
        Wang et al. 2017, "NormFace: L2 hypersphere embedding for face verification".
    """

    def __init__(self, margin: float = 0.0) -> None:
        super().__init__()
        if margin != 0:
            raise InputError(
                f"margin_kind 'none' has no margin, found {margin}; choose a margin_kind such as 'additive'"
            )

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        return cosines
