"""The hardest tuples of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.partners import positives_of_each
from voxmetric.losses.tuples.sampling import Candidates, Sampling, nearest


@dataclass(frozen=True)
class Hard(Sampling):
    """The nearest negative of every anchor, with its farthest positive (batch-hard, Hermans et al. 2017).

    Attributes:
        hardest_positive: one tuple for an anchor, with its farthest positive; false: one tuple for every ordered
            positive pair (`negative` in Coria et al. 2020).
    """

    hardest_positive: bool = True

    def positive_pairs(self, distances: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
        """See `Sampling.positive_pairs`."""
        positives, valid = positives_of_each(groups)
        if not self.hardest_positive or positives.shape[1] == 0:
            return groups.pairs()
        farthest = distances.gather(1, positives).masked_fill(~valid, -torch.inf).argmax(1, keepdim=True)
        anchors = valid.any(1).nonzero()[:, 0]
        return anchors, positives.gather(1, farthest)[anchors, 0]

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """See `Sampling.choose`."""
        return nearest(candidates.distances, candidates.allowed)
