"""Sums of hinges over tuples of a batch, all of them or those given, ready to be reduced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.batch_all_quadruplet import active_quadruplets
from voxmetric.losses.tuples.batch_all_triplet import active_triplets
from voxmetric.losses.tuples.margins import Margin
from voxmetric.losses.tuples.partners import num_negatives, num_positives
from voxmetric.losses.tuples.weighted_distances import weighted_distances

Reduction = Literal["mean", "mean_active", "sum"]
REDUCTIONS = ("mean", "mean_active", "sum")


@dataclass(frozen=True)
class HingeTerm:
    """A sum of hinges over a set of tuples; those made here are [d(positive) + margin - d(negative)]+.

    Attributes:
        total: scalar, attached to the graph of the distances.
        num_tuples: scalar, how many tuples there are.
        num_active: scalar, how many of them have a hinge above zero.
    """

    total: Tensor
    num_tuples: Tensor
    num_active: Tensor

    @classmethod
    def of(cls, positive: Tensor, negative: Tensor, margin: Margin) -> HingeTerm:
        """Of listed tuples, from the distances (T,) of their positive and (T,) of their negative pairs."""
        hinges = (positive + margin - negative).relu()
        return cls(hinges.sum(), torch.tensor(len(hinges), device=hinges.device), (hinges > 0).sum())

    @classmethod
    def of_all_triplets(cls, distances: Tensor, groups: Groups, margin: Margin) -> HingeTerm:
        """Of all ordered triplets (a, p, n), from the distances (N, N)."""
        weights, num_active = active_triplets(distances, groups, margin)
        num_tuples = (num_positives(groups) * num_negatives(groups)).sum()
        return cls._weighted(distances, weights, margin, num_tuples, num_active)

    @classmethod
    def of_all_quadruplets(cls, distances: Tensor, groups: Groups, margin: Margin) -> HingeTerm:
        """Of all ordered pairs (a, p) and (n1, n2) of three different speakers, from the distances (N, N)."""
        weights, num_active = active_quadruplets(distances, groups, margin)
        positive_pairs = groups.counts * (groups.counts - 1)
        touching_pairs = groups.counts * (len(groups.members) - groups.counts)
        num_tuples = (positive_pairs * (touching_pairs.sum() - 2 * touching_pairs)).sum()
        return cls._weighted(distances, weights, margin, num_tuples, num_active)

    @classmethod
    def _weighted(
        cls, distances: Tensor, weights: Tensor, margin: Margin, num_tuples: Tensor, num_active: Tensor
    ) -> HingeTerm:
        total = weighted_distances(distances, weights) + num_active.double() * margin
        return cls(total, num_tuples, num_active)

    @property
    def active_share(self) -> Tensor:
        """Scalar in [0, 1]: share of tuples with a hinge above zero; zero where there are none."""
        return self.num_active / self.num_tuples.clamp_min(1)

    def __add__(self, other: HingeTerm) -> HingeTerm:
        """Both sets of tuples as one."""
        return HingeTerm(
            self.total + other.total,
            self.num_tuples + other.num_tuples,
            self.num_active + other.num_active,
        )

    def reduce(self, reduction: Reduction) -> Tensor:
        """The sum, the mean over all tuples or the mean over the active ones; zero where there are none."""
        if reduction == "sum":
            return self.total
        count = self.num_tuples if reduction == "mean" else self.num_active
        return self.total / count.clamp_min(1)
