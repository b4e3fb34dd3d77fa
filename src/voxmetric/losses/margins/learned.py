"""An additive margin that training sets by itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class LearnedMargin(Margin):
    """Target logit: cos(theta) - m, with m in (0, 1) a parameter, and -r m added to the loss.

    Cross-entropy alone only lowers a margin: its slope is s (1 - p), p the mean probability of the targets, and
    never negative, so that with r = 0 the margin dwindles to nothing. The reward r m holds against it, and m settles
    where s (1 - p) = r: the margin grows as the targets become easy. Give it no margin schedule: while one holds the
    margin back, the reward acts alone.

    Args:
        margin: m at the start, in (0, 1).
        reward: r, 0 or above: s times the share of the probability that targets are to miss, hence below s.

    Published values:
        none on speakers; Lepage and Dehak list runs with learned margins, whose code is not known.

    Source:
        Liu et al. 2019, "AdaptiveFace: adaptive margin and sampling for face recognition", whose margins are one a
        class.
    """

    def __init__(self, margin: float = 0.1, reward: float = 1.0) -> None:
        super().__init__()
        if not 0.0 < margin < 1.0:
            raise InputError(f"expected a learned margin to start above 0 and below 1, found {margin}")
        self.raw = nn.Parameter(torch.tensor(math.log(margin / (1 - margin))))
        self.reward = check_margin(reward, 0.0, math.inf, "reward")

    @property
    def margin(self) -> Tensor:
        """m, a scalar."""
        return self.raw.sigmoid()

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        return cosines - factor * self.margin

    def regulariser(self, norms: Tensor) -> Tensor:
        return -self.reward * self.margin.to(norms.dtype)
