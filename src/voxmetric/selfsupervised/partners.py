"""Which other recording is probably of the same speaker: one of a near cluster, or one of the nearest."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.selfsupervised.memory import Memory
from voxmetric.selfsupervised.neighbours import nearest_others
from voxmetric.selfsupervised.spherical_k_means import spherical_k_means

NO_PARTNER = -1


class Partners(nn.Module):
    """A way of drawing, for each recording of a batch, another one that probably has the same speaker."""

    def prepare(self, memory: Memory, generator: torch.Generator) -> None:
        """Prepare for an epoch, by the embeddings in memory."""

    def draw(self, recordings: Tensor, memory: Memory, generator: torch.Generator) -> Tensor:
        """Partners (B,) of `recordings` (B,): numbers of recordings in memory, or `NO_PARTNER`."""
        raise NotImplementedError


class ClusterPartners(Partners):
    """A random member of the recording's own cluster, or of one of the clusters nearest to it.

    Args:
        num_recordings: N.
        clusters: K, made anew with every epoch; fewer recordings than that in memory make as many clusters.
        nearest: 0 for the own cluster, M for one of the M nearest others, each as likely.

    Attributes:
        own: (N,) int64, cluster of each recording; -1 for those without an embedding.
        near: (K, max(1, M)) int64, the clusters to draw from, for each cluster; -1 where there are fewer.
        members: (N,) int64, recordings in the order of their clusters.
        first: (K + 1,) int64, where each cluster's begin in `members`, and the end.

    Raises:
        InputError: if there are not more clusters than `nearest`, or more than recordings.
    """

    own: Tensor
    near: Tensor
    members: Tensor
    first: Tensor

    def __init__(self, num_recordings: int, clusters: int, nearest: int) -> None:
        super().__init__()
        if not 0 <= nearest < clusters <= num_recordings:
            raise InputError(
                f"expected more clusters than the {nearest} nearest to draw from and at most {num_recordings}, one a "
                f"training recording, found {clusters}"
            )
        self.nearest = nearest
        self.register_buffer("own", torch.full((num_recordings,), NO_PARTNER))
        self.register_buffer("near", torch.full((clusters, max(1, nearest)), NO_PARTNER))
        self.register_buffer("members", torch.zeros(num_recordings, dtype=torch.int64))
        self.register_buffer("first", torch.zeros(clusters + 1, dtype=torch.int64))

    @torch.no_grad()
    def prepare(self, memory: Memory, generator: torch.Generator) -> None:
        known = memory.known.nonzero().squeeze(1)
        self.own.fill_(NO_PARTNER)
        self.near.fill_(NO_PARTNER)
        if not len(known):
            return
        clusters = min(len(self.near), len(known))
        centroids, nearest = spherical_k_means(memory.vectors[known], clusters, generator)
        self.own[known] = nearest
        numbers = torch.arange(clusters, device=nearest.device)
        if self.nearest:
            occupied = torch.bincount(nearest, minlength=clusters) > 0
            near, exists = nearest_others(numbers, centroids, self.nearest, occupied)
            self.near[:clusters] = torch.where(exists, near, NO_PARTNER)
        else:
            self.near[:clusters, 0] = numbers
        self.members.copy_(self.own.argsort(stable=True))
        self.first.copy_(torch.bincount(self.own + 1, minlength=len(self.first)).cumsum(0)[: len(self.first)])

    @torch.no_grad()
    def draw(self, recordings: Tensor, memory: Memory, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        own = self.own[recordings]
        among = self.near[own.clamp(min=0)]
        cluster = among.gather(1, _places((among >= 0).sum(1), generator).unsqueeze(1)).squeeze(1)
        begin, end = self.first[cluster.clamp(min=0)], self.first[cluster.clamp(min=0) + 1]
        # In the own cluster the last member stands in for the recording itself, so that the rest are as likely.
        others = end - begin - (cluster == own).long()
        member = self.members[(begin + _places(others, generator)).clamp(max=len(self.members) - 1)]
        member = torch.where(member == recordings, self.members[(end - 1).clamp(min=0)], member)
        return torch.where((own >= 0) & (cluster >= 0) & (others > 0), member, NO_PARTNER)


class NeighbourPartners(Partners):
    """One of the recordings whose embeddings are nearest, each as likely.

    Args:
        num_recordings: N.
        neighbours: k, how many of the nearest to draw from.

    Raises:
        InputError: if there are not more recordings than neighbours, or k is below 1.
    """

    def __init__(self, num_recordings: int, neighbours: int) -> None:
        super().__init__()
        if not 1 <= neighbours < num_recordings:
            raise InputError(
                f"expected from 1 to {num_recordings - 1} neighbours among {num_recordings} training recordings, "
                f"found {neighbours}"
            )
        self.neighbours = neighbours

    @torch.no_grad()
    def draw(self, recordings: Tensor, memory: Memory, generator: torch.Generator) -> Tensor:
        nearest, exists = nearest_others(recordings, memory.vectors, self.neighbours, memory.known)
        drawn = nearest.gather(1, _places(exists.sum(1), generator).unsqueeze(1)).squeeze(1)
        return torch.where(memory.known[recordings] & exists[:, 0], drawn, NO_PARTNER)


def _places(counts: Tensor, generator: torch.Generator) -> Tensor:
    """A random whole number below each count (B,); 0 where the count is 0 or less."""
    shares = torch.rand(len(counts), generator=generator, dtype=torch.float64).to(counts.device)
    return (shares * counts).long().clamp(min=0)
