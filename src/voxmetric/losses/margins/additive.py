"""A margin subtracted from the cosine."""

from __future__ import annotations

from torch import Tensor

from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class AdditiveMargin(Margin):
    """Target logit: cos(theta) - m.

    Args:
        margin: m in [0, 2].

    Published values:
        0.1 to 0.3 at scale 30 for speakers; 0.35 at scale 64 for faces.

    Source:
        Wang et al. 2018, "Additive margin softmax for face verification"; Wang et al. 2018, "CosFace".
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = check_margin(margin, 0.0, 2.0)

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        return cosines - factor * self.margin
