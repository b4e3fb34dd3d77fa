"""Triplet loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import Tensor

from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.tuples.margins import TupleMargin
from voxmetric.losses.tuples.mean_distances import MeanDistances
from voxmetric.losses.tuples.semi_hard import SemiHardRule
from voxmetric.losses.tuples.terms import HingeTerm, Reduction
from voxmetric.losses.tuples.tuple_loss import DistanceName, SamplingName, TupleLoss


class Triplet(TupleLoss):
    """Triplet loss: an utterance is closer to its own speaker's than to another's, by a margin.

    Over ordered triplets of an anchor a, another utterance p of its speaker and an utterance n of another speaker:

        L = reduction of [d(a,p) - d(a,n) + margin]+

    `all` is exact and lists nothing: O(N^2 log N) time, O(N^2) memory. The other samplings take one negative for each
    ordered pair (a, p), `hard` one triplet for each anchor. A batch without a triplet (one speaker, or one
    utterance each) has loss zero and gradient zero.

    Args:
        margin: in units of the distance, or `adaptive`: mean d(a,n) less mean d(a,p) of the batch's triplets.
        sampling: `all`, `random`, `semi_hard`, `hard`, `distance_weighted` or `rank`.
        distance: `squared_euclidean` (up to 4 on unit vectors), `euclidean` (up to 2) or `cosine` (1 - cos).
        normalize: scale the embeddings to unit length first (`cosine` always does).
        reduction: `mean` over all triplets, `mean_active` over those above zero, `sum`.
        margin_floor: least adaptive margin; None for none.
        margin_gradient: let the gradient flow through the adaptive margin, as the reference code does.
        semi_hard_rule: which negative `semi_hard` takes, see `SemiHard`.
        hardest_positive: whether `hard` takes the farthest positive only, see `Hard`.
        hard_rank: last near rank of `rank`, from 0, see `Rank`.
        hard_probability: probability of a near rank in `rank`.
        distance_floor: least distance in `distance_weighted`, see `DistanceWeighted`.
        distance_cutoff: distance in `distance_weighted` from which on nothing is drawn.

    Published values:
        Narayanaswamy et al.: squared Euclidean, margin 0.8 or adaptive with floor 0.8; `random` on raw embeddings,
        `semi_hard` and `distance_weighted` on unit ones. Coria et al.: cosine, margin 0.4 (0.8 in squared
        Euclidean distance), `all`. Chung et al.: squared Euclidean, margin 0.1, `semi_hard` or `rank` with 10 and
        0.5. TensorFlow's rule is `semi_hard_rule="next_farther"`.

    Source:
        Schroff et al. 2015, equation 1; Chung et al. 2020; Coria et al. 2020; Narayanaswamy et al. 2019;
        Wu et al. 2017.

    Raises:
        InputError: for unknown names, and for an option that does not go with the sampling or the margin.
    """

    needs = BatchNeeds(utterances_per_speaker=2, speakers=2, batches="speakers")

    def __init__(
        self,
        margin: float | Literal["adaptive"] = 0.8,
        sampling: SamplingName = "semi_hard",
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

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """See `Loss.forward`."""
        term, _ = self._term(embeddings, labels)
        return term.reduce(self.reduction).to(embeddings.dtype)

    def describe(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """See `TupleLoss.figures`."""
        return self.figures(*self._term(embeddings, labels))

    def _term(self, embeddings: Tensor, labels: Tensor) -> tuple[HingeTerm, Callable[[], MeanDistances]]:
        distances, groups = self.distances(embeddings), group(labels)
        if self.takes_all:
            means = partial(MeanDistances.of_all_triplets, distances, groups)
            return HingeTerm.of_all_triplets(distances, groups, self.margin_of(means)), means
        anchors, positives, negatives = self.listed_triplets(distances, groups, embeddings.shape[1])
        positive, negative = distances[anchors, positives], distances[anchors, negatives]
        means = partial(MeanDistances.of, positive, negative)
        return HingeTerm.of(positive, negative, self.margin_of(means)), means
