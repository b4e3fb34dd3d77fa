"""A margin that adapts to the embedding's norm, taken as a sign of quality."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from voxmetric.losses.margins.angle import shifted
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class AdaFaceMargin(Margin):
    """Target logit: cos(theta - m z) - (m + m z), the angle kept in [0, pi].

    z = clip(h (a - mu) / (sigma + 0.001), -1, 1) places the raw embedding's norm a (clipped to [0.001, 100], no
    gradient) among those of the training batches, whose mean mu and standard deviation sigma are moving averages:
    mu <- (1 - b) mu + b mean(a), from 20; sigma likewise from 100. A poor recording (z = -1) gets an angular margin,
    a good one (z = 1) a negative angular and a doubled additive one.

    Args:
        margin: m in [0, pi/2].
        concentration: h, above 0: how fast z moves with the norm.
        momentum: b in (0, 1].

    Published values:
        0.2 and 0.3 on speakers; 0.4 at scale 64 for faces; h = 0.333, b = 0.01.

    Source:
        Kim et al. 2022, "AdaFace: quality adaptive margin for face recognition".
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, margin: float = 0.3, concentration: float = 0.333, momentum: float = 0.01) -> None:
        super().__init__()
        self.margin = check_margin(margin, 0.0, math.pi / 2)
        self.concentration = check_margin(concentration, 0.0, math.inf, "concentration")
        self.momentum = check_margin(momentum, 0.0, 1.0, "momentum")
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("deviation", torch.tensor(100.0))

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:
        quality = self.concentration * (self._clipped(norms) - self.mean) / (self.deviation + 1e-3)
        quality = quality.clamp(-1, 1).to(cosines.dtype)
        margin = factor * self.margin
        turn = -margin * quality
        # theta + turn leaves [0, pi] where cos(theta) is beyond cos(turn) on the side the turn leads to.
        before_zero = (turn < 0) & (cosines > turn.cos())
        beyond_pi = (turn > 0) & (cosines < -turn.cos())
        turned = shifted(cosines, turn).masked_fill(before_zero, 1.0).masked_fill(beyond_pi, -1.0)
        return turned - margin * (1 + quality)

    def observe(self, cosines: Tensor, norms: Tensor) -> None:  # noqa: ARG002
        clipped = self._clipped(norms).to(self.mean.dtype)
        self.mean.lerp_(clipped.mean(), self.momentum)
        if len(clipped) > 1:
            self.deviation.lerp_(clipped.std(), self.momentum)

    def _clipped(self, norms: Tensor) -> Tensor:
        return norms.detach().clamp(1e-3, 100)
