"""A margin that multiplies the angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from voxmetric.losses.margins.angle import angle
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class SphereFaceMargin(Margin):
    """Target logit: (-1)^k cos(m theta) - 2k with k = floor(m theta / pi), which falls from 1 to 1 - 2m.

    A schedule moves m from 1, which is no margin, to its full value; it takes the place of the published annealing.
    The gradient is 0 at cosine exactly +-1.

    Args:
        margin: m >= 1, whole or not.

    Published values:
        4 in the paper (1 to 4 tried), with annealing and the embedding's norm for scale; 2 to 4 tried on speakers.

    Source:
        Liu et al. 2017, "SphereFace: deep hypersphere embedding for face recognition".
    """

    def __init__(self, margin: float = 2.0) -> None:
        super().__init__()
        self.margin = check_margin(margin, 1.0, 16.0)

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:  # noqa: ARG002
        turned = (1 + factor * (self.margin - 1)) * angle(cosines)
        half_turns = (turned.detach() / math.pi).floor()
        sign = 1 - 2 * torch.remainder(half_turns, 2)
        return sign * turned.cos() - 2 * half_turns
