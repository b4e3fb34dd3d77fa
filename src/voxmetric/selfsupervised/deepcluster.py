"""DeepCluster v2: views are classified by the clusters that their recordings fell into after the last epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.losses.directions import unit
from voxmetric.selfsupervised.memory import Memory
from voxmetric.selfsupervised.method import Method, Moment, ViewNeeds
from voxmetric.selfsupervised.projector import projector
from voxmetric.selfsupervised.spherical_k_means import spherical_k_means

NO_CLUSTER = -1


class DeepCluster(Method):
    """Classification by clusters that are made anew with every epoch.

    At the beginning of an epoch the projections that the last epoch left in memory are clustered, once for each set
    of prototypes, the sets taking the first and the second view in turn. L = mean over sets and views of
    CE(cos(z, centroids) / temperature, cluster of the recording). Centroids are never moved by the optimiser.

    The first epoch has no clusters: it fills the memory, its loss is zero and so is its gradient. The same holds for
    a recording that an epoch left out.

    Args:
        encoder: the encoder to be trained.
        num_recordings: N, recordings of the training data.
        projector_sizes: layers between embedding and loss, the last without ReLU.
        prototypes: number of clusters in each set, at most as many as an epoch sees recordings.
        temperature: of the cross-entropy.
        iterations: of k-means.

    Attributes:
        clusters: (sets, N) int64, cluster of each recording; -1 for none.

    Raises:
        InputError: for no set, more clusters than recordings, or a temperature that is not above 0.

    Published values:
        The defaults.

    Source:
        Caron et al. 2020, "Unsupervised learning of visual features by contrasting cluster assignments", appendix.
    """

    needs = ViewNeeds(local_views=True, idle_epochs=1)

    clusters: Tensor

    def __init__(
        self,
        encoder: Encoder,
        num_recordings: int,
        projector_sizes: Sequence[int] = (2048, 128),
        prototypes: Sequence[int] = (3000, 3000, 3000),
        temperature: float = 0.1,
        iterations: int = 10,
    ) -> None:
        super().__init__()
        if not prototypes or not 1 <= min(prototypes) <= max(prototypes) <= num_recordings:
            raise InputError(
                f"expected at least one number of prototypes, each from 1 to the {num_recordings} training recordings, "
                f"found {list(prototypes)}"
            )
        if temperature <= 0:
            raise InputError(f"expected a temperature above 0, found {temperature}")
        self.needs = dataclasses.replace(self.needs, recordings_in_epoch=max(prototypes))
        size = projector_sizes[-1] if projector_sizes else encoder.embedding_size
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.memories = nn.ModuleList(Memory(num_recordings, size) for _ in range(2))
        self.register_buffer("clusters", torch.full((len(prototypes), num_recordings), NO_CLUSTER))
        for number, count in enumerate(prototypes):
            self.register_buffer(f"centroids_{number}", torch.zeros(count, size))
        self.temperature, self.iterations = temperature, iterations
        self._hits: Tensor | None = None

    def begin(self, encoder: Encoder, moment: Moment) -> None:  # noqa: ARG002
        if moment.begins_epoch and moment.epoch > 0:
            for number in range(len(self.clusters)):
                self._cluster(number)

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        views = [unit(view)[0] for view in projections]
        rows = torch.cat(views)
        total = rows.new_zeros(())
        for number, of_all in enumerate(self.clusters):
            wanted = of_all[recordings].repeat(len(views))
            logits = rows @ self._centroids(number).to(rows.dtype).T / self.temperature
            value = F.cross_entropy(logits, wanted, ignore_index=NO_CLUSTER, reduction="sum")
            total = total + value / (wanted != NO_CLUSTER).sum().clamp(min=1)
            self._hits = (logits.argmax(1) == wanted).float().mean()
        return total / len(self.clusters)

    def remember(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> None:  # noqa: ARG002
        for memory, view in zip(self.memories, projections, strict=False):
            assert isinstance(memory, Memory)
            memory.remember(recordings, unit(view)[0])

    def measure(self) -> dict[str, float]:
        """`cluster_accuracy`: share of the views whose nearest centroid is that of their recording's cluster."""
        return {} if self._hits is None else {"cluster_accuracy": float(self._hits)}

    @torch.no_grad()
    def _cluster(self, number: int) -> None:
        """Make the set `number` of clusters anew from what is known of its view."""
        memory = self.memories[number % len(self.memories)]
        assert isinstance(memory, Memory)
        known = memory.known.nonzero().squeeze(1)
        former = self._centroids(number)
        # Fewer than were promised are known where recordings could not be read. Clusters beyond them have no member.
        count = min(len(former), len(known))
        centroids, nearest = spherical_k_means(memory.vectors[known], count, self.generator, self.iterations)
        former.zero_()[:count] = centroids
        self.clusters[number].fill_(NO_CLUSTER)
        self.clusters[number, known] = nearest

    def _centroids(self, number: int) -> Tensor:
        return self.get_buffer(f"centroids_{number}")
