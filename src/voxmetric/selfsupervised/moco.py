"""MoCo: views find their keys, made by a slow copy, among a queue of past keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.moco import moco
from voxmetric.selfsupervised.method import Method, Moment, ViewNeeds
from voxmetric.selfsupervised.momentum import MomentumCopy
from voxmetric.selfsupervised.projector import projector


class MoCo(Method):
    """A view finds the key that a slowly moving copy made of the other view, among past keys; margins as one likes.

    L = (l(q_1, k_2, Q_2) + l(q_2, k_1, Q_1)) / 2, with l(q, k, Q) = -log( p / (p + sum over k' in Q of exp(s cos(q,
    k'))) ), p = exp(s psi(cos(q, k))), s = 1 / temperature and psi the margin. Each direction has a queue of its own,
    filled with its keys after the loss. With more than two views the first two ask for all the others' keys, and
    those of a recording all join the queue.

    A queue is as long as asked for, whatever the batch, and starts with random directions. Where it outlasts an epoch
    it also holds an old key of the asking recording: that one is left out. Other recordings of the same speaker are
    negatives like any. Margins that go by the norm see the queries' own norms.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and loss, without batch normalisation; none by default.
        predictor_size: width of the hidden layer of a predictor on the queries' side alone, with batch
            normalisation; none by default.
        temperature: see the loss `moco`, as are the next three options.
        margin: m.
        margin_kind: how the positive's cosine is penalised.
        margin_options: further options of that kind.
        queue_size: past keys that each queue keeps.
        symmetric: both views ask, each with a queue of keys of the other; otherwise the first view alone.
        momentum: of the slowly moving copy.
        final_momentum: what it rises to by the end, along half a cosine; null: it stays.
        batch_statistics: whether the copy normalises by its batch's statistics, as published (over all processes
            together: nothing is shuffled between them), or by the encoder's running ones, which tell a query
            nothing about its key.

    Published values:
        temperature 0.03, queue 32,768, momentum 0.999, no projector, 8.49 % on VoxCeleb1-O with Fast ResNet-34 after
        VoxCeleb2; temperature 0.2, queue 65,536 (2024). The settings of the run with an additive margin of 0.1 are
        not known beyond the margin.

    Source:
        He et al. 2020, "Momentum contrast for unsupervised visual representation learning", equation 1; Chen et al.
        2021, "An empirical study of training self-supervised vision transformers", for predictor and symmetric form;
        Lepage and Dehak 2024 for margins.
    """

    needs = ViewNeeds(targets=True, recordings=1)

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (),
        predictor_size: int | None = None,
        temperature: float = 0.03,
        margin: float | None = None,
        margin_kind: str | None = None,
        margin_options: Mapping[str, Any] | None = None,
        queue_size: int = 32768,
        symmetric: bool = True,
        momentum: float = 0.999,
        final_momentum: float | None = None,
        batch_statistics: bool = True,
    ) -> None:
        super().__init__()
        size = [encoder.embedding_size, *projector_sizes][-1]
        self.projector = projector(encoder.embedding_size, projector_sizes)
        self.predictor = projector(size, (predictor_size, size) if predictor_size else (), batch_norm=True)
        self.losses = nn.ModuleList(
            moco(size, temperature, margin, margin_kind, margin_options, queue_size)
            for _ in range(2 if symmetric else 1)
        )
        for loss in self._directions:
            loss.remembers = False  # see `remember`
        self.slow_encoder = MomentumCopy(encoder, momentum, final_momentum, batch_statistics)
        self.slow_projector = MomentumCopy(self.projector, momentum, final_momentum, batch_statistics)
        self._last: list[tuple[Tensor, Tensor]] = []

    @property
    def _directions(self) -> list[AngularLoss]:
        return [cast(AngularLoss, loss) for loss in self.losses]

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    @torch.no_grad()
    def embed_targets(self, waveforms: Tensor) -> Tensor:
        embeddings: Tensor = self.slow_encoder.module(waveforms)
        return embeddings

    @torch.no_grad()
    def project_targets(self, embeddings: Tensor) -> Tensor:
        keys: Tensor = self.slow_projector.module(embeddings)
        return keys

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:
        labels = recordings.repeat(len(targets))
        self._last = []
        losses = []
        for asking, loss in enumerate(self._directions):
            rows = _query_and_keys(asking, self.predictor(projections[asking]), targets)
            losses.append(loss(rows, labels))
            self._last.append((rows.detach(), labels))
        return torch.stack(losses).mean()

    def remember(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> None:
        """Queue the keys that the copy made of these recordings, also where another recording's stood for them in the
        loss: a queue leaves out what bears the asking recording's number, so each key must bear its own."""
        labels = recordings.repeat(len(targets))
        for asking, loss in enumerate(self._directions):
            loss.reference.remember(_query_and_keys(asking, projections[asking], targets), labels)

    def follow(self, encoder: Encoder, moment: Moment) -> None:
        self.slow_encoder.update(encoder, moment)
        self.slow_projector.update(self.projector, moment)

    def teacher(self) -> Encoder:
        return self.slow_encoder.module

    def measure(self) -> dict[str, float]:
        """Of the last batch's first direction: target cosine, hardest negative's cosine, and accuracy."""
        return self._directions[0].statistics(*self._last[0]) if self._last else {}

    def set_margin_factor(self, factor: float) -> None:
        for loss in self._directions:
            loss.set_margin_factor(factor)

    def reseed(self, seed: int) -> None:
        super().reseed(seed)
        for loss in self._directions:
            loss.reseed(seed)


def _query_and_keys(asking: int, query: Tensor, targets: Sequence[Tensor]) -> Tensor:
    """The rows that the loss expects of the view `asking`: its queries, then the keys of all other views."""
    return torch.cat([query, *(keys for asked, keys in enumerate(targets) if asked != asking)])
