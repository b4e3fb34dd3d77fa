"""The mean of each speaker's utterances, without the one that is compared with it."""

from __future__ import annotations

from torch import Tensor

from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.reference import Reference

_CLAMP = 1e-6


class LeaveOneOutPrototypes(Reference):
    """Every utterance against every speaker's mean; its own speaker's mean leaves it out.

    Speakers may have different numbers of utterances, two or more.

    Args:
        normalize_utterances: average unit vectors, as published; otherwise raw embeddings.
        clamp_negative_cosines: raise cosines below 1e-6 to it, which also stops their gradient.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2)

    def __init__(self, normalize_utterances: bool = True, clamp_negative_cosines: bool = False) -> None:
        super().__init__()
        self.normalize_utterances = normalize_utterances
        self.clamp_negative_cosines = clamp_negative_cosines

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        groups = group(labels, utterances=2)
        queries, norms = unit(embeddings)
        averaged = queries if self.normalize_utterances else embeddings
        sums = groups.sums(averaged)
        # A mean and a sum have one direction, so no division is needed.
        cosines = queries @ unit(sums)[0].T
        others_of_speaker, _ = unit(sums[groups.members] - averaged)
        targets = (queries * others_of_speaker).sum(1)
        if self.clamp_negative_cosines:
            cosines, targets = cosines.clamp(min=_CLAMP), targets.clamp(min=_CLAMP)
        return DenseComparison(cosines, groups.members, norms, targets=targets)
