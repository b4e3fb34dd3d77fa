"""An angular margin under which hard negatives weigh more as training goes on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from voxmetric.losses.margins.angle import shifted, shifted_monotone
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class CurricularFaceMargin(Margin):
    """Target logit: that of the additive angular margin. A negative cosine n > cos(theta + m) becomes n (t + n).

    t follows the mean target cosine of the training batches: t <- (1 - a) t + a mean(cos theta), from 0. So hard
    negatives are played down early (t + n < 1) and up late.

    Args:
        margin: m in [0, pi/2], in radians.
        momentum: a in (0, 1].

    Published values:
        0.005 to 0.2 on speakers; 0.5 at scale 64 for faces; a = 0.01.

    Source:
        Huang et al. 2020, "CurricularFace: adaptive curriculum learning loss for deep face recognition".
    """

    difficulty: Tensor

    def __init__(self, margin: float = 0.2, momentum: float = 0.01) -> None:
        super().__init__()
        self.margin = check_margin(margin, 0.0, math.pi / 2)
        self.momentum = check_margin(momentum, 0.0, 1.0, "momentum")
        self.register_buffer("difficulty", torch.zeros(()))

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        return shifted_monotone(cosines, factor * self.margin)

    def negatives(self, cosines: Tensor, targets: Tensor, factor: float) -> Tensor:
        hard = cosines > shifted(targets.detach(), factor * self.margin).unsqueeze(-1)
        return torch.where(hard, cosines * (self.difficulty + cosines), cosines)

    def observe(self, cosines: Tensor, norms: Tensor) -> None:  # noqa: ARG002
        self.difficulty.lerp_(cosines.mean().to(self.difficulty.dtype), self.momentum)
