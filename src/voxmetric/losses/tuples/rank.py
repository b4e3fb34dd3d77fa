"""Negatives by their rank among the nearest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.tuples.sampling import Candidates, Sampling, draw


@dataclass(frozen=True)
class Rank(Sampling):
    """For every ordered positive pair, one of the nearest negatives with some probability, else any negative.

    After Chung et al. (2020). A batch with fewer negatives than ranks offers all it has.

    Attributes:
        hard_rank: last of the near ranks, from 0: 10 stands for the 11 nearest negatives.
        hard_probability: probability of drawing among those only (`hard_prob`), in [0, 1]; else all negatives are
            equally likely, those included.
    """

    hard_rank: int = 10
    hard_probability: float = 0.5

    def __post_init__(self) -> None:
        if self.hard_rank < 0:
            raise InputError(f"expected hard_rank of 0 or more, found {self.hard_rank}")
        if not 0.0 <= self.hard_probability <= 1.0:
            raise InputError(f"expected hard_probability in [0, 1], found {self.hard_probability}")

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See `Sampling.choose`."""
        allowed = candidates.allowed
        num_ranks = min(self.hard_rank + 1, allowed.shape[1])
        ranked = candidates.distances.masked_fill(~allowed, torch.inf).topk(num_ranks, dim=1, largest=False)
        near = torch.zeros_like(allowed).scatter_(1, ranked.indices, True) & allowed
        uniform = torch.rand(len(allowed), 1, generator=generator, dtype=torch.float64)
        hard = (uniform < self.hard_probability).to(allowed.device)
        return draw(torch.where(hard, near, allowed), generator)
