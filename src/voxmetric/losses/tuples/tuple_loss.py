"""What the losses over tuples share: distances, the choice of tuples, margins and statistics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from torch import Tensor

from voxmetric.errors import unknown_name
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import Groups
from voxmetric.losses.loss import Loss
from voxmetric.losses.tuples import samplings
from voxmetric.losses.tuples.distances import DISTANCES
from voxmetric.losses.tuples.margins import Margin, TupleMargin
from voxmetric.losses.tuples.mean_distances import MeanDistances
from voxmetric.losses.tuples.sampling import All, Sampling, choose_negatives
from voxmetric.losses.tuples.terms import REDUCTIONS, HingeTerm, Reduction

DistanceName = Literal["squared_euclidean", "euclidean", "cosine"]
SamplingName = Literal["all", "random", "semi_hard", "hard", "distance_weighted", "rank"]


class TupleLoss(Loss):
    """A loss over tuples of a batch, chosen by a sampling, under a margin on a distance."""

    def __init__(
        self,
        *,
        margin: TupleMargin,
        sampling: SamplingName,
        distance: DistanceName,
        normalize: bool,
        reduction: Reduction,
        sampling_options: dict[str, Any],
    ) -> None:
        """Check and keep the parts.

        Args:
            margin: the margin.
            sampling: a name of `samplings`.
            distance: a name of `DISTANCES`.
            normalize: scale the embeddings to unit length first.
            reduction: how hinges become one number.
            sampling_options: options of the sampling, with None for those that the user left alone.

        Raises:
            InputError: for unknown names, and for options that the chosen sampling does not have.
        """
        super().__init__()
        if distance not in DISTANCES:
            raise unknown_name("distance", distance, DISTANCES)
        if reduction not in REDUCTIONS:
            raise unknown_name("reduction", reduction, REDUCTIONS)
        self.margin = margin
        self.distance = distance
        self.normalize = normalize
        self.reduction = reduction
        given = {name: option for name, option in sampling_options.items() if option is not None}
        geometry = {"distance": distance, "normalize": normalize}
        self.sampling: Sampling = samplings.create(sampling, given, shared=geometry)

    @property
    def takes_all(self) -> bool:
        """Whether the loss is over every tuple."""
        return isinstance(self.sampling, All)

    def distances(self, embeddings: Tensor) -> Tensor:
        """Distances (N, N) of the embeddings (N, D)."""
        return DISTANCES[self.distance](unit(embeddings)[0] if self.normalize else embeddings)

    def margin_of(self, means: Callable[[], MeanDistances]) -> Margin:
        """The margin in force for tuples with these mean distances, which are asked for only if they matter."""
        return self.margin.of(means) * self.margin_factor

    def listed_triplets(self, distances: Tensor, groups: Groups, embedding_size: int) -> tuple[Tensor, Tensor, Tensor]:
        """Let the sampling choose triplets.

        Returns:
            anchors, positives and negatives, (T,) int64 each; possibly none at all.
        """
        distances = distances.detach()
        anchors, positives = self.sampling.positive_pairs(distances, groups)
        negatives, found = choose_negatives(
            self.sampling,
            distances,
            groups,
            queries=anchors,
            barred=None,
            positive_distances=distances[anchors, positives],
            # An adaptive margin is the gap of the tuples, which are still to be chosen: the gap of all stands in.
            margin=self.margin_of(partial(MeanDistances.of_all_triplets, distances, groups)),
            embedding_size=embedding_size,
            generator=self.generator,
        )
        return anchors[found], positives[found], negatives[found]

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """The statistics of a batch, from the draws that the loss would make next; see the subclass."""
        state = self.generator.get_state()
        try:
            return self.describe(embeddings, labels)
        finally:
            self.generator.set_state(state)

    def describe(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """The statistics of a batch; a subclass writes this, free to draw."""
        raise NotImplementedError

    def figures(self, term: HingeTerm, means: Callable[[], MeanDistances]) -> dict[str, float]:
        """Number of tuples, share of active ones, mean distances of their pairs and the margin in force."""
        return {
            "num_tuples": float(term.num_tuples),
            "active_share": float(term.active_share),
            "mean_positive_distance": float(means().positive),
            "mean_negative_distance": float(means().negative),
            "margin": float(self.margin_of(means)),
        }
