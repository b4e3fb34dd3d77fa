"""Negatives beyond the positive but within the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from voxmetric.errors import unknown_name
from voxmetric.losses.tuples.sampling import Candidates, Sampling, draw, nearest

SemiHardRule = Literal["drawn_in_band", "nearest_in_band", "next_farther"]
RULES = ("drawn_in_band", "nearest_in_band", "next_farther")


@dataclass(frozen=True)
class SemiHard(Sampling):
    """For every ordered positive pair a negative from the band d(a,p) <= d(a,n) <= d(a,p) + margin.

    The band is that of Narayanaswamy et al. (2019); Chung et al. (2020) draw from it too. A pair with nothing in its
    band gives no tuple (their fall-back may draw the anchor's own speaker, which trains nothing).

    Attributes:
        semi_hard_rule: `drawn_in_band`: any negative of the band, all equally likely; `nearest_in_band`: the nearest
            of them; `next_farther`: the nearest negative strictly beyond the positive, however far, and where there
            is none the farthest negative (the rule of TensorFlow's `triplet_semihard_loss`).
    """

    semi_hard_rule: SemiHardRule = "drawn_in_band"

    def __post_init__(self) -> None:
        if self.semi_hard_rule not in RULES:
            raise unknown_name("semi_hard_rule", self.semi_hard_rule, RULES)

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See `Sampling.choose`."""
        distances, allowed = candidates.distances, candidates.allowed
        positive = candidates.positive_distances[:, None]
        if self.semi_hard_rule == "next_farther":
            beyond, found_beyond = nearest(distances, allowed & (distances > positive))
            farthest, found = nearest(-distances, allowed)
            return torch.where(found_beyond, beyond, farthest), found
        band = allowed & (distances >= positive) & (distances <= positive + candidates.margin)
        return draw(band, generator) if self.semi_hard_rule == "drawn_in_band" else nearest(distances, band)
