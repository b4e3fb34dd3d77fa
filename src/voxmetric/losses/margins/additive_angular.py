"""A margin added to the angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from voxmetric.losses.margins.angle import shifted, shifted_monotone
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class AdditiveAngularMargin(Margin):
    """Target logit: cos(theta + m), and cos(theta) - m sin(m) beyond theta = pi - m.

    Args:
        margin: m in [0, pi/2], in radians.
        easy: penalise only targets within 90 degrees; the others keep cos(theta).
        monotone: keep the logit falling beyond pi - m. Without it cos(theta + m) holds everywhere and rises again
            there, as in the code of Coria et al. 2020.

    Published values:
        0.05 at scale 10 (Coria et al. 2020); 0.2 at scale 30 or 32, 0.5 for fine-tuning on long crops; 0.3 at
        scale 15 (Chung et al. 2020); 0.5 at scale 64 for faces.

    Source:
        Deng et al. 2019, "ArcFace: additive angular margin loss for deep face recognition".
    """

    def __init__(self, margin: float = 0.2, easy: bool = False, monotone: bool = True) -> None:
        super().__init__()
        self.margin = check_margin(margin, 0.0, math.pi / 2)
        self.easy = easy
        self.monotone = monotone

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        margin = factor * self.margin
        if self.easy:
            return torch.where(cosines > 0, shifted(cosines, margin), cosines)
        return shifted_monotone(cosines, margin) if self.monotone else shifted(cosines, margin)
