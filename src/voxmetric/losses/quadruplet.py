"""Quadruplet loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import Tensor

from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.tuples.margins import Margin, TupleMargin
from voxmetric.losses.tuples.mean_distances import MeanDistances
from voxmetric.losses.tuples.sampling import choose_negatives
from voxmetric.losses.tuples.semi_hard import SemiHardRule
from voxmetric.losses.tuples.terms import HingeTerm, Reduction
from voxmetric.losses.tuples.tuple_loss import DistanceName, SamplingName, TupleLoss


class Quadruplet(TupleLoss):
    """Quadruplet loss: the triplet loss, and two other speakers are farther apart than one speaker's utterances.

    Over ordered pairs (a, p) of one speaker and (n1, n2) of two further, different speakers:

        L = reduction over (a,p,n1) of [d(a,p) - d(a,n1) + margin]+
          + reduction over (a,p,n1,n2) of [d(a,p) - d(n1,n2) + second_margin]+

    `all` is exact in both terms and lists nothing: O(N^2 log N) time, O(N^2) memory. Every other sampling draws
    triplets as the triplet loss does, and then n2 with n1 as the query, the anchor's speaker barred. Each term is
    reduced over its own tuples; a batch without any has loss zero and gradient zero.

    Args:
        margin: in units of the distance, or `adaptive`: mean d(a,n1) less mean d(a,p) of the batch's triplets.
        second_margin: margin of the second term; None: half of the first one, fixed or adaptive.
        sampling: `all`, `random`, `semi_hard`, `hard`, `distance_weighted` or `rank`.
        distance: `squared_euclidean` (up to 4 on unit vectors), `euclidean` (up to 2) or `cosine` (1 - cos).
        normalize: scale the embeddings to unit length first (`cosine` always does).
        reduction: `mean` over all tuples, `mean_active` over those above zero, `sum`.
        margin_floor: least adaptive margin; None for none.
        margin_gradient: let the gradient flow through the adaptive margin, as the reference code does.
        semi_hard_rule: which negative `semi_hard` takes, see `SemiHard`.
        hardest_positive: whether `hard` takes the farthest positive only, see `Hard`.
        hard_rank: last near rank of `rank`, from 0, see `Rank`.
        hard_probability: probability of a near rank in `rank`.
        distance_floor: least distance in `distance_weighted`, see `DistanceWeighted`.
        distance_cutoff: distance in `distance_weighted` from which on nothing is drawn.

    Published values:
        Narayanaswamy et al.: squared Euclidean, margins 0.8 and 0.4, or adaptive with floor 0.8 and half of it.

    Source:
        Chen et al. 2017; Narayanaswamy et al. 2019.

    Raises:
        InputError: for unknown names, and for an option that does not go with the sampling or the margin.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=3, batches="speakers")

    def __init__(
        self,
        margin: float | Literal["adaptive"] = 0.8,
        second_margin: float | None = None,
        sampling: SamplingName = "distance_weighted",
        distance: DistanceName = "squared_euclidean",
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
        self.second_margin = second_margin

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """See `Loss.forward`."""
        first, second, _ = self._terms(embeddings, labels)
        return (first.reduce(self.reduction) + second.reduce(self.reduction)).to(embeddings.dtype)

    def describe(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """See `TupleLoss.figures`; what begins with `second` is about the second term's tuples."""
        first, second, means = self._terms(embeddings, labels)
        return self.figures(first, means) | {
            "second_num_tuples": float(second.num_tuples),
            "second_active_share": float(second.active_share),
            "second_margin": float(self._second_margin_of(means)),
        }

    def _second_margin_of(self, means: Callable[[], MeanDistances]) -> Margin:
        if self.second_margin is None:
            return self.margin_of(means) / 2
        return self.second_margin * self.margin_factor

    def _terms(self, embeddings: Tensor, labels: Tensor) -> tuple[HingeTerm, HingeTerm, Callable[[], MeanDistances]]:
        distances, groups = self.distances(embeddings), group(labels)
        if self.takes_all:
            means = partial(MeanDistances.of_all_triplets, distances, groups)
            return (
                HingeTerm.of_all_triplets(distances, groups, self.margin_of(means)),
                HingeTerm.of_all_quadruplets(distances, groups, self._second_margin_of(means)),
                means,
            )
        anchors, positives, negatives = self.listed_triplets(distances, groups, embeddings.shape[1])
        positive, negative = distances[anchors, positives], distances[anchors, negatives]
        means = partial(MeanDistances.of, positive, negative)
        second_margin = self._second_margin_of(means)
        further, found = choose_negatives(
            self.sampling,
            distances.detach(),
            groups,
            queries=negatives,
            barred=anchors,
            positive_distances=positive.detach(),
            margin=second_margin,
            embedding_size=embeddings.shape[1],
            generator=self.generator,
        )
        return (
            HingeTerm.of(positive, negative, self.margin_of(means)),
            HingeTerm.of(positive[found], distances[negatives[found], further[found]], second_margin),
            means,
        )
