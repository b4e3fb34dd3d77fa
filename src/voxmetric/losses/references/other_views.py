"""The other views of the same recording, among all views of the batch."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import Groups, group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.reference import Reference


class OtherViews(Reference):
    """Each view of a recording looks for its other views; labels name the recordings.

    Args:
        symmetric: every view asks, among all the others. Otherwise each recording's first view (by order of
            appearance) asks, among all the views that are not first.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2)

    def __init__(self, symmetric: bool = True) -> None:
        super().__init__()
        self.symmetric = symmetric

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        groups = group(labels, utterances=2)
        directions, norms = unit(embeddings)
        compare = _all_with_all if self.symmetric else _first_with_others
        return compare(directions, norms, groups)


def _all_with_all(directions: Tensor, norms: Tensor, groups: Groups) -> Comparison:
    rows, columns = groups.pairs()
    self_pairs = torch.arange(len(directions), device=directions.device)
    return DenseComparison(
        directions @ directions.T,
        columns,
        norms,
        rows=None if len(rows) == len(directions) else rows,
        excluded=(self_pairs, self_pairs),
    )


def _first_with_others(directions: Tensor, norms: Tensor, groups: Groups) -> Comparison:
    others = groups.others()
    return DenseComparison(
        directions[groups.first] @ directions[others].T,
        torch.arange(len(others), device=directions.device),
        norms[groups.first],
        rows=None if len(others) == len(groups.first) else groups.members[others],
    )
