"""BYOL: a predictor guesses what a slow copy makes of the other view."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.selfsupervised.mean_cosine import mean_cosine
from voxmetric.selfsupervised.method import Method, Moment, ViewNeeds
from voxmetric.selfsupervised.momentum import MomentumCopy
from voxmetric.selfsupervised.projector import projector


def byol(predictions: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
    """2 - 2 cos(p, z) between each view's prediction and the others' targets, in [0, 8].

    Summed over the two directions of two views; with more views, twice the mean over all pairs of different ones.

    Args:
        predictions: (B, P) for each view.
        targets: (B, P) for each global view, the first of them; they get no gradient.
    """
    pairs = [
        2 - 2 * mean_cosine(prediction, target.detach())
        for (asking, prediction), (asked, target) in product(enumerate(predictions), enumerate(targets))
        if asking != asked
    ]
    return 2 * torch.stack(pairs).mean()


class BYOL(Method):
    """A predictor guesses from one view what a slowly moving copy makes of the other; there are no negatives.

    L = (2 - 2 cos(q(z_1), z'_2)) + (2 - 2 cos(q(z_2), z'_1)), z the projection, q the predictor, z' the copy's
    projection, without gradient.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and comparison, with batch normalisation.
        predictor_size: width of the predictor's hidden layer.
        momentum: of the slowly moving copy at the first update.
        final_momentum: what it rises to by the end; null: it stays.
        batch_statistics: whether the copy normalises by its batch's statistics, as published, or by running ones.

    Published values:
        the defaults; 13.99 % on VoxCeleb1-O with Fast ResNet-34 after VoxCeleb2.

    Source:
        Grill et al. 2020, "Bootstrap your own latent", equation 2; values on speakers: sslsv.
    """

    needs = ViewNeeds(targets=True)

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (4096, 256),
        predictor_size: int = 4096,
        momentum: float = 0.996,
        final_momentum: float | None = 1.0,
        batch_statistics: bool = True,
    ) -> None:
        super().__init__()
        size = [encoder.embedding_size, *projector_sizes][-1]
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.predictor = projector(size, (predictor_size, size), batch_norm=True)
        self.slow_encoder = MomentumCopy(encoder, momentum, final_momentum, batch_statistics)
        self.slow_projector = MomentumCopy(self.projector, momentum, final_momentum, batch_statistics)

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    @torch.no_grad()
    def embed_targets(self, waveforms: Tensor) -> Tensor:
        embeddings: Tensor = self.slow_encoder.module(waveforms)
        return embeddings

    @torch.no_grad()
    def project_targets(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.slow_projector.module(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        return byol([self.predictor(one) for one in projections], targets)

    def follow(self, encoder: Encoder, moment: Moment) -> None:
        self.slow_encoder.update(encoder, moment)
        self.slow_projector.update(self.projector, moment)

    def teacher(self) -> Encoder:
        return self.slow_encoder.module
