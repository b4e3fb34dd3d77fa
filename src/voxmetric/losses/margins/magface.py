"""An angular margin that grows with the embedding's norm."""

from __future__ import annotations

import math

from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.margins.angle import shifted_monotone
from voxmetric.losses.margins.bounds import check_margin
from voxmetric.losses.margins.margin import Margin


class MagFaceMargin(Margin):
    """Target logit: cos(theta + m(a)), a the raw embedding's norm clipped to [l_a, u_a].

    m(a) = l_m + (u_m - l_m) (a - l_a) / (u_a - l_a). The regulariser, the mean of g(a) = a / u_a^2 + 1 / a, rewards
    large norms, so that the norm comes to tell the quality of a recording.

    Args:
        margin: u_m in [0, pi/2], the margin at norm u_a, in radians.
        lower_margin: l_m in [0, u_m], the margin at norm l_a; half of u_m when not given.
        lower_norm: l_a.
        upper_norm: u_a.
        regulariser_weight: factor of the regulariser, 0 or above.

    Published values:
        l_m to u_m: 0.01 to 0.05 and 0.05 to 0.1 on speakers (regulariser_weight 0), 0.45 to 0.8 at scale 64 for faces
        (regulariser_weight 35); norms 10 to 110.

    Source:
        Meng et al. 2021, "MagFace: a universal representation for face recognition and quality assessment".
    """

    def __init__(
        self,
        margin: float = 0.1,
        lower_margin: float | None = None,
        lower_norm: float = 10.0,
        upper_norm: float = 110.0,
        regulariser_weight: float = 35.0,
    ) -> None:
        super().__init__()
        self.margin = check_margin(margin, 0.0, math.pi / 2)
        lower = margin / 2 if lower_margin is None else lower_margin
        self.lower_margin = check_margin(lower, 0.0, margin, "lower_margin")
        if not 0 < lower_norm < upper_norm:
            raise InputError(f"expected 0 < lower_norm < upper_norm, found {lower_norm} and {upper_norm}")
        self.lower_norm = lower_norm
        self.upper_norm = upper_norm
        self.regulariser_weight = check_margin(regulariser_weight, 0.0, math.inf, "regulariser_weight")

    def forward(self, cosines: Tensor, norms: Tensor, factor: float) -> Tensor:
        slope = (self.margin - self.lower_margin) / (self.upper_norm - self.lower_norm)
        margins = self.lower_margin + slope * (self._clipped(norms) - self.lower_norm)
        return shifted_monotone(cosines, factor * margins)

    def regulariser(self, norms: Tensor) -> Tensor:
        clipped = self._clipped(norms)
        return self.regulariser_weight * (clipped / self.upper_norm**2 + 1 / clipped).mean()

    def _clipped(self, norms: Tensor) -> Tensor:
        return norms.clamp(self.lower_norm, self.upper_norm)
