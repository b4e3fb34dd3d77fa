"""From labels to groups of utterances, wherever in the batch they stand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.errors import InputError


@dataclass(frozen=True)
class Groups:
    """The utterances of a batch by label.

    Attributes:
        labels: (P,) the distinct labels, in order of first appearance.
        members: (N,) the group of each row, in [0, P).
        counts: (P,) rows in each group.
        first: (P,) the row where each group appears first.
    """

    labels: Tensor
    members: Tensor
    counts: Tensor
    first: Tensor

    def sums(self, values: Tensor) -> Tensor:
        """Sum of each group's rows: (N, D) -> (P, D)."""
        return values.new_zeros(len(self.labels), values.shape[1]).index_add(0, self.members, values)

    def pairs(self) -> tuple[Tensor, Tensor]:
        """All ordered pairs of different rows with one label, sorted by the first: two (T,) row indices."""
        by_group = self.members.argsort(stable=True)
        starts = self.counts.cumsum(0) - self.counts
        sizes = self.counts[self.members]
        rows = torch.arange(len(sizes), device=sizes.device).repeat_interleave(sizes)
        place = torch.arange(len(rows), device=sizes.device) - (sizes.cumsum(0) - sizes)[rows]
        columns = by_group[starts[self.members[rows]] + place]
        different = rows != columns
        return rows[different], columns[different]

    def others(self) -> Tensor:
        """The rows that are not their group's first, sorted by group and then by appearance: (N - P,)."""
        by_group = self.members.argsort(stable=True)
        return by_group[by_group != self.first[self.members[by_group]]]

    def require(self, utterances: int) -> None:
        """Make sure that every group has at least so many rows.

        Raises:
            InputError: naming the first label that has fewer.
        """
        short = (self.counts < utterances).nonzero()
        if len(short):
            group = int(short[0])
            raise InputError(
                f"expected at least {utterances} utterances of each label in a batch, "
                f"found {int(self.counts[group])} of label {int(self.labels[group])}; "
                f"draw batches with {utterances} or more utterances per speaker, or leave that speaker out"
            )


def group(labels: Tensor, utterances: int = 1) -> Groups:
    """Group a batch by its labels.

    Args:
        labels: (N,) int64, in any order.
        utterances: the fewest rows that a group may have.

    Raises:
        InputError: if a label has fewer rows.
    """
    distinct, members, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    positions = torch.arange(len(labels), device=labels.device)
    first = torch.full_like(distinct, len(labels)).scatter_reduce(0, members, positions, "amin")
    appearance = first.argsort()
    rank = torch.empty_like(appearance).scatter(0, appearance, positions[: len(distinct)])
    groups = Groups(distinct[appearance], rank[members], counts[appearance], first[appearance])
    groups.require(utterances)
    return groups
