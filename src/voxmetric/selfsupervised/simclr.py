"""SimCLR: the views of a recording find each other among all views of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.losses.nt_xent import nt_xent
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.projector import projector


class SimCLR(Method):
    """NT-Xent between the views of each recording, with or without a margin on the positives.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and loss; none by default.
        temperature: see the loss `nt_xent`, as are the options below.
        margin: m.
        margin_kind: how the positive's cosine is penalised.
        margin_options: further options of that kind.
        symmetric: every view asks, not only the first of each recording.
        positives_compete: with more than two views.
        learn_scale: let training change the scale.

    Published values:
        2023: temperature 0.2, projector [2048, 256], additive margin 0.4; 2024: temperature 0.0333, no projector,
        additive margin 0.1.

    Source:
        Chen et al. 2020; Lepage and Dehak 2023 and 2024.
    """

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (),
        temperature: float = 0.0333,
        margin: float | None = None,
        margin_kind: str | None = None,
        margin_options: Mapping[str, Any] | None = None,
        symmetric: bool = True,
        positives_compete: bool = True,
        learn_scale: bool = False,
    ) -> None:
        super().__init__()
        self.projector = projector(encoder.embedding_size, projector_sizes)
        self.loss = nt_xent(temperature, margin, margin_kind, margin_options, symmetric, positives_compete, learn_scale)

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        value: Tensor = self.loss(torch.cat(list(projections)), recordings.repeat(len(projections)))
        return value

    def set_margin_factor(self, factor: float) -> None:
        self.loss.set_margin_factor(factor)

    def reseed(self, seed: int) -> None:
        super().reseed(seed)
        self.loss.reseed(seed)
