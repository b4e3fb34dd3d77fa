"""Recipe sections on what is learned: a loss, a method without labels, its positives, or pseudo-labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from msgspec import Meta

from voxmetric.training.recipe.ranges import NonNegativeInt, PositiveInt


@dataclass(frozen=True)
class LossChoice:
    """The objective.

    Attributes:
        name: a registered loss; `voxmetric.losses.available()` lists them.
        options: its options.
    """

    name: str = "aam_softmax"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MethodChoice:
    """Training without labels, in place of the objective.

    Attributes:
        name: a registered method; `voxmetric.selfsupervised.available()` lists them.
        options: its options.
        embedding: what the trained model gives: the `encoder`'s embedding or the `projection` that is compared.
        weights: whose: the `student`'s, which the optimiser moves, or those of its slow copy, the `teacher`.
    """

    name: str = "simclr"
    options: dict[str, Any] = field(default_factory=dict)
    embedding: Literal["encoder", "projection"] = "encoder"
    weights: Literal["student", "teacher"] = "student"


@dataclass(frozen=True)
class Positives:
    """Positives from other recordings that are probably of the same speaker (SSPS), for any method.

    Attributes:
        kind: `none`, `clusters` (a recording of the own or a near cluster) or `neighbours` (one of the nearest).
        start_epoch: first epoch that uses them; embeddings are collected in the one before.
        clusters: number of clusters.
        nearest: 0 takes the own cluster, M one of the M nearest others.
        neighbours: how many of the nearest recordings to draw from.
    """

    kind: Literal["none", "clusters", "neighbours"] = "none"
    start_epoch: NonNegativeInt = 100
    clusters: PositiveInt = 1000
    nearest: NonNegativeInt = 1
    neighbours: PositiveInt = 10


@dataclass(frozen=True)
class PseudoLabels:
    """Training the loss on clusters of unlabelled recordings in place of speakers, in rounds.

    Each round embeds the training recordings with the model of the round before, clusters them, and trains a model on
    the clusters. The recordings' own speakers serve only to say how pure the clusters are.

    Attributes:
        model: folder of the first model, relative to the recipe file; none for the one that `method` trains.
        rounds: how many.
        clusters: number of clusters, which are the loss's speakers.
        clustering: `k_means` (by cosine), or `agglomerative`: k-means into `first_clusters`, whose centroids are then
            joined by average linkage.
        first_clusters: of `agglomerative`; their pairs are held in memory, 0.4 GB for 10,000.
        start: weights at the beginning of a round: `previous` (of the model that was clustered, whose encoder takes
            the place of the recipe's) or `fresh` (as the recipe says).
        filter: `none`, or `loss_gate`: train on all labels for `gate_steps`, then leave out the recordings whose labels
            still have a large loss, and train in full on the rest.
        gate_steps: updates before `loss_gate` looks at the losses.
    """

    model: str | None = None
    rounds: PositiveInt = 5
    clusters: Annotated[int, Meta(ge=2)] = 7500
    clustering: Literal["k_means", "agglomerative"] = "k_means"
    first_clusters: PositiveInt = 20_000
    start: Literal["previous", "fresh"] = "previous"
    filter: Literal["none", "loss_gate"] = "none"
    gate_steps: PositiveInt = 2000
