"""Mean distances of the pairs in a set of tuples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.losses.grouping import Groups
from voxmetric.losses.tuples.partners import num_negatives, num_positives, positives_of_each


@dataclass(frozen=True)
class MeanDistances:
    """Mean distances of the positive and of the negative pairs of a set of tuples; zero where there is none.

    Attributes:
        positive: scalar.
        negative: scalar.
    """

    positive: Tensor
    negative: Tensor

    @classmethod
    def of(cls, positive: Tensor, negative: Tensor) -> MeanDistances:
        """Of listed tuples, from the distances (T,) of their positive and (T,) of their negative pairs."""
        count = max(1, len(positive))
        return cls(positive.sum() / count, negative.sum() / count)

    @classmethod
    def of_all_triplets(cls, distances: Tensor, groups: Groups) -> MeanDistances:
        """Of all triplets, from the distances (N, N)."""
        positive, negative = _row_sums(distances, groups)
        count = (num_positives(groups) * num_negatives(groups)).sum().clamp_min(1)
        return cls(
            ((num_negatives(groups) * positive).sum() / count).to(distances.dtype),
            ((num_positives(groups) * negative).sum() / count).to(distances.dtype),
        )

    @classmethod
    def of_all_pairs(cls, distances: Tensor, groups: Groups) -> MeanDistances:
        """Of all positive pairs and of all negative pairs, from the distances (N, N)."""
        positive, negative = _row_sums(distances, groups)
        return cls(
            (positive.sum() / num_positives(groups).sum().clamp_min(1)).to(distances.dtype),
            (negative.sum() / num_negatives(groups).sum().clamp_min(1)).to(distances.dtype),
        )


def _row_sums(distances: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
    """Sums of each utterance's distances to its positives and to its negatives, (N,) and (N,) float64."""
    positives, valid = positives_of_each(groups)
    positive = distances.gather(1, positives).double().masked_fill(~valid, 0).sum(1)
    return positive, distances.sum(1, dtype=torch.float64) - positive - distances.diagonal()
