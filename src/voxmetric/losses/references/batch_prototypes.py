"""The mean of each speaker's further utterances, for the speaker's first one to find."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.reference import Reference


def split_queries(embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Queries and prototypes: each speaker's first utterance, and the mean of the others.

    Args:
        embeddings: (N, D).
        labels: (N,), P different ones; "first" is by order of appearance.

    Returns:
        (P, D) queries and (P, D) prototypes, speakers in order of first appearance.

    Raises:
        InputError: if a speaker has one utterance only.
    """
    groups = group(labels, utterances=2)
    queries = embeddings[groups.first]
    prototypes = (groups.sums(embeddings) - queries) / (groups.counts - 1).unsqueeze(1)
    return queries, prototypes


class BatchPrototypes(Reference):
    """Each speaker's first utterance against the mean of every speaker's further utterances."""

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        queries, prototypes = split_queries(embeddings, labels)
        directions, norms = unit(queries)
        cosines = directions @ unit(prototypes)[0].T
        return DenseComparison(cosines, torch.arange(len(queries), device=labels.device), norms)
