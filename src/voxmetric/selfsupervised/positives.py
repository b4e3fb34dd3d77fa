"""Positives from other recordings that are probably of the same speaker, for any method (SSPS)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import unknown_name
from voxmetric.selfsupervised.memory import Memory
from voxmetric.selfsupervised.method import Moment
from voxmetric.selfsupervised.partners import NO_PARTNER, ClusterPartners, NeighbourPartners, Partners


class BootstrappedPositives(nn.Module):
    """Replaces positives by what another recording, the partner, was last seen to give.

    Two views of one recording share its room, microphone and words besides its speaker. A partner shares, when it is
    well chosen, the speaker alone. Embeddings and positives of every recording are collected from the epoch before
    `start_epoch` on; partners are drawn among them from `start_epoch` on. A recording without a partner keeps its
    usual positive.

    An update calls `begin`, then `replace` on what the method is about to compare, and `remember` on what it would
    have compared. Departures from the authors' code: the embeddings are those of the first view as training computes
    them, not of a further, longer crop in evaluation mode; positives are remembered for every recording, not for the
    latest 50,000; the choice among near clusters is uniform.

    Args:
        num_recordings: N, recordings of the training data.
        embedding_size: D.
        projection_size: P, of the method's targets, or of its projections where it has no targets.
        start_epoch: first epoch that replaces.
        partners: how partners are chosen.
        seed: of all draws, together with the number of the update.

    Source:
        Lepage and Dehak 2025, "Self-supervised frameworks for speaker verification via bootstrapped positive
        sampling".
    """

    def __init__(
        self,
        num_recordings: int,
        embedding_size: int,
        projection_size: int,
        start_epoch: int,
        partners: Partners,
        seed: int,
    ) -> None:
        super().__init__()
        self.embeddings = Memory(num_recordings, embedding_size)
        self.positives = Memory(num_recordings, projection_size)
        self.partners = partners
        self.start_epoch, self.seed = start_epoch, seed
        self._collects = self._replaces = False
        self._draws = torch.Generator()
        self._pairs: tuple[Tensor, Tensor] | None = None

    def begin(self, encoder: Encoder, moment: Moment) -> None:  # noqa: ARG002
        """Prepare for an update; at the beginning of an epoch that replaces, make the clusters anew."""
        self._collects = moment.epoch >= self.start_epoch - 1
        self._replaces = moment.epoch >= self.start_epoch
        self._pairs = None
        if self._replaces and moment.begins_epoch:
            # A stream of its own: the draws of the update must not depend on the size of the clustering.
            self.partners.prepare(self.embeddings, _generator(self.seed, moment.step, 0))
        self._draws = _generator(self.seed, moment.step, 1)

    def replace(
        self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Put the partners' positives in place of the usual ones.

        Args:
            projections: one (B, P) for each view.
            targets: one (B, P) for each global view; empty for methods without them.
            recordings: (B,) int64.

        Returns:
            Both, changed: each of the targets where there are any, otherwise the second view's projection. The rows
            that were replaced have no gradient.
        """
        projected, aimed = list(projections), list(targets)
        if not self._replaces:
            return projected, aimed
        partners = self.partners.draw(recordings, self.embeddings, self._draws)
        self._pairs = recordings, partners
        replaced = (partners != NO_PARTNER).unsqueeze(1)
        remembered = self.positives.vectors[partners.clamp(min=0)]
        if aimed:
            aimed = [torch.where(replaced, remembered.to(view.dtype), view) for view in aimed]
        else:
            projected[1] = torch.where(replaced, remembered.to(projected[1].dtype), projected[1])
        return projected, aimed

    def remember(
        self, embeddings: Tensor, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor
    ) -> None:
        """Keep the embeddings (B, D) of the first view and the usual positives; see `replace` for the others."""
        if self._collects:
            self.embeddings.remember(recordings, embeddings)
            self.positives.remember(recordings, targets[1] if targets else projections[1])

    def measure(self) -> dict[str, float]:
        """`replaced_positives`: share of the last batch's recordings that got a partner's positive."""
        if self._pairs is None:
            return {}
        return {"replaced_positives": float((self._pairs[1] != NO_PARTNER).float().mean())}

    def same_speaker_share(self, speakers: Tensor) -> float | None:
        """Share of the last batch's partners that have the recording's speaker, where labels are there for looking.

        Args:
            speakers: (N,) int64, speaker of every training recording.

        Returns:
            In [0, 1]; None if there was no partner.
        """
        if self._pairs is None:
            return None
        recordings, partners = (side.to(speakers.device) for side in self._pairs)
        drawn = partners != NO_PARTNER
        same = speakers[recordings[drawn]] == speakers[partners[drawn]]
        return float(same.float().mean()) if len(same) else None


def create(
    kind: Literal["none", "clusters", "neighbours"],
    *,
    num_recordings: int,
    embedding_size: int,
    projection_size: int,
    seed: int,
    start_epoch: int,
    clusters: int,
    nearest: int,
    neighbours: int,
) -> BootstrappedPositives | None:
    """Bootstrapped positives as a recipe asks for them, see `BootstrappedPositives`; None for the kind `none`.

    Args:
        kind: `clusters` uses `clusters` and `nearest`, see `ClusterPartners`; `neighbours` uses `neighbours`, see
            `NeighbourPartners`.
        num_recordings: N.
        embedding_size: D.
        projection_size: P.
        seed: of all draws.
        start_epoch: first epoch that replaces.
        clusters: K.
        nearest: M.
        neighbours: k.

    Raises:
        InputError: for an unknown kind, or numbers that the training data cannot serve.
    """
    if kind == "none":
        return None
    if kind not in ("clusters", "neighbours"):
        raise unknown_name("kind of positives", kind, ["none", "clusters", "neighbours"])
    partners: Partners
    if kind == "clusters":
        partners = ClusterPartners(num_recordings, clusters, nearest)
    else:
        partners = NeighbourPartners(num_recordings, neighbours)
    return BootstrappedPositives(num_recordings, embedding_size, projection_size, start_epoch, partners, seed)


def _generator(seed: int, step: int, stream: int) -> torch.Generator:
    return torch.Generator().manual_seed(int(np.random.SeedSequence([seed, step, stream]).generate_state(1)[0]))
