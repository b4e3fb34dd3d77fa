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
    """The views of each recording find each other among all views of the batch, with or without a margin.

    L = -log( p / (p + sum over the other recordings' views z of exp(s cos(x, z))) ), p = exp(s psi(cos(x, x+))) for
    view x and other view x+ of a recording, s = 1 / temperature and psi the margin; see the loss `nt_xent`. Margins
    that go by the norm see the projections' own norms.

    The useful margin depends on the temperature: look at both together. A margin cannot be learned from this loss
    alone, whose slope in it, s (1 - p), is never negative; `margin_kind` `learned` sets a reward against it.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and loss, without batch normalisation; none by default.
        temperature: see the loss `nt_xent`, as are the options below.
        margin: m.
        margin_kind: how the positive's cosine is penalised.
        margin_options: further options of that kind.
        symmetric: every view asks, among all the others; otherwise the first of each recording alone.
        positives_compete: with more than two views, let each positive stand against the others as well.
        learn_scale: let training change the scale.

    Published values:
        2023: temperature 0.2, projector [2048, 256], additive margin 0.4 or angular margin 0.1; 2024: temperature
        0.0333, no projector, additive margin 0.1; 200 or 256 recordings a batch.

    Source:
        Chen et al. 2020, "A simple framework for contrastive learning of visual representations", equation 1; Lepage
        and Dehak 2023 and 2024 for the margins.
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
        self._last: tuple[Tensor, Tensor] | None = None

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        views, labels = torch.cat(list(projections)), recordings.repeat(len(projections))
        self._last = views.detach(), labels
        value: Tensor = self.loss(views, labels)
        return value

    def measure(self) -> dict[str, float]:
        """Of the last batch: target cosine, hardest negative's cosine, and how often the target is nearer."""
        return self.loss.statistics(*self._last) if self._last else {}

    def set_margin_factor(self, factor: float) -> None:
        self.loss.set_margin_factor(factor)

    def reseed(self, seed: int) -> None:
        super().reseed(seed)
        self.loss.reseed(seed)
