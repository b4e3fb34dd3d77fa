"""Negatives drawn blindly."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.losses.tuples.sampling import Candidates, Sampling, draw


@dataclass(frozen=True)
class Random(Sampling):
    """One negative for every ordered positive pair, all utterances of other speakers equally likely."""

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See `Sampling.choose`."""
        return draw(candidates.allowed, generator)
