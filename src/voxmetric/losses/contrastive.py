"""Contrastive loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from voxmetric.errors import InputError, unknown_name
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.tuples.margins import TupleMargin
from voxmetric.losses.tuples.mean_distances import MeanDistances
from voxmetric.losses.tuples.partners import num_negatives, num_positives, same_speaker
from voxmetric.losses.tuples.semi_hard import SemiHardRule
from voxmetric.losses.tuples.terms import HingeTerm, Reduction
from voxmetric.losses.tuples.tuple_loss import DistanceName, SamplingName, TupleLoss

ContrastiveForm = Literal["pooled", "separate"]
FORMS = ("pooled", "separate")


class Contrastive(TupleLoss):
    """Contrastive loss: pairs of one speaker are pulled together, pairs of two are pushed beyond a margin.

    Over unordered pairs (i, j):

        positive pairs: [d(i,j) - positive_margin]+^2        negative pairs: [margin - d(i,j)]+^2

        pooled:   L = 1/2 reduction over all pairs           separate: L = reduction of either kind, added

    Other samplings than `all` draw triplets (a, p, n) as the triplet loss does, and each gives the pairs (a, p) and
    (a, n). A batch without a pair has loss zero and gradient zero.

    Args:
        margin: in units of the distance, or `adaptive`: mean negative less mean positive distance of the pairs.
        form: `pooled` (Hadsell et al., Coria et al.) or `separate`, where the few positive pairs of a batch weigh as
            much as its many negative ones (as in pytorch-metric-learning, which does not square its hinges, though).
        positive_margin: distance below which a positive pair is left alone.
        sampling: `all`, `random`, `semi_hard`, `hard`, `distance_weighted` or `rank`.
        distance: `cosine` (1 - cos), `euclidean` (up to 2 on unit vectors) or `squared_euclidean` (up to 4).
        normalize: scale the embeddings to unit length first (`cosine` always does).
        reduction: `mean` over all pairs, `mean_active` over those above zero, `sum`.
        margin_floor: least adaptive margin; None for none.
        margin_gradient: let the gradient flow through the adaptive margin.
        semi_hard_rule: which negative `semi_hard` takes, see `SemiHard`.
        hardest_positive: whether `hard` takes the farthest positive only, see `Hard`.
        hard_rank: last near rank of `rank`, from 0, see `Rank`.
        hard_probability: probability of a near rank in `rank`.
        distance_floor: least distance in `distance_weighted`, see `DistanceWeighted`.
        distance_cutoff: distance in `distance_weighted` from which on nothing is drawn.

    Published values:
        Coria et al.: cosine, margin 0.4 (a fifth of the greatest distance), `pooled`, `all`: the defaults. The
        standard form: `euclidean`, margin 1, positive margin 0.

    Source:
        Hadsell et al. 2006, equation 4; Coria et al. 2020.

    Raises:
        InputError: for unknown names, a negative positive_margin, and an option that does not go with the sampling
            or the margin.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2, batches="speakers")

    def __init__(
        self,
        margin: float | Literal["adaptive"] = 0.4,
        form: ContrastiveForm = "pooled",
        positive_margin: float = 0.0,
        sampling: SamplingName = "all",
        distance: DistanceName = "cosine",
        normalize: bool = True,
        reduction: Reduction = "mean",
        margin_floor: float | None = None,
        margin_gradient: bool = False,
        semi_hard_rule: SemiHardRule | None = None,
        hardest_positive: bool | None = None,
        hard_rank: int | None = None,
        hard_probability: float | None = None,
        distance_floor: float | None = None,
        distance_cutoff: float | None = None,
    ) -> None:
        super().__init__(
            margin=TupleMargin(margin, margin_floor, margin_gradient),
            sampling=sampling,
            distance=distance,
            normalize=normalize,
            reduction=reduction,
            sampling_options={
                "semi_hard_rule": semi_hard_rule,
                "hardest_positive": hardest_positive,
                "hard_rank": hard_rank,
                "hard_probability": hard_probability,
                "distance_floor": distance_floor,
                "distance_cutoff": distance_cutoff,
            },
        )
        if form not in FORMS:
            raise unknown_name("form", form, FORMS)
        if positive_margin < 0:
            raise InputError(f"expected a positive_margin of 0 or more, found {positive_margin}")
        self.form = form
        self.positive_margin = positive_margin

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """See `Loss.forward`."""
        positive, negative, _ = self._terms(embeddings, labels)
        if self.form == "pooled":
            loss = (positive + negative).reduce(self.reduction) / 2
        else:
            loss = positive.reduce(self.reduction) + negative.reduce(self.reduction)
        return loss.to(embeddings.dtype)

    def describe(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """See `TupleLoss.figures`; the tuples are the pairs of both kinds."""
        positive, negative, means = self._terms(embeddings, labels)
        return self.figures(positive + negative, means)

    def _terms(self, embeddings: Tensor, labels: Tensor) -> tuple[HingeTerm, HingeTerm, Callable[[], MeanDistances]]:
        distances, groups = self.distances(embeddings), group(labels)
        if not self.takes_all:
            anchors, positives, negatives = self.listed_triplets(distances, groups, embeddings.shape[1])
            positive, negative = distances[anchors, positives], distances[anchors, negatives]
            means = partial(MeanDistances.of, positive, negative)
            return (
                _squared(positive - self.positive_margin),
                _squared(self.margin_of(means) - negative),
                means,
            )
        means = partial(MeanDistances.of_all_pairs, distances, groups)
        same = same_speaker(groups)
        hinges = torch.where(same, distances - self.positive_margin, self.margin_of(means) - distances)
        # Each unordered pair once.
        hinges = hinges.triu(1).relu()
        squares, active = hinges.square(), hinges > 0
        positive_active = (active & same).count_nonzero()
        return (
            HingeTerm(squares.where(same, 0.0).sum(), num_positives(groups).sum() // 2, positive_active),
            HingeTerm(
                squares.where(~same, 0.0).sum(),
                num_negatives(groups).sum() // 2,
                active.count_nonzero() - positive_active,
            ),
            means,
        )


def _squared(hinges: Tensor) -> HingeTerm:
    hinges = hinges.relu()
    count = torch.tensor(len(hinges), device=hinges.device)
    return HingeTerm(hinges.square().sum(), count, (hinges > 0).sum())
