"""Barlow Twins: components agree across views and repeat nothing of each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.projector import projector

_VARIANCE_FLOOR = 1e-5


def barlow_twins(first: Tensor, second: Tensor, off_diagonal_weight: float = 0.005, scale: float = 1.0) -> Tensor:
    """scale x (sum_i (1 - c_ii)^2 + weight x sum_{i != j} c_ij^2), c the correlations of two views' components.

    Each component is standardised over the batch (population variance, plus 1e-5); c_ij is the batch's mean of
    component i of the first view times component j of the second.

    Args:
        first, second: the views' projections (B, P), rows of one recording at one place.
        off_diagonal_weight: lambda.
        scale: of the whole; it matters where gradients are clipped, or decay or plain SGD is used.
    """
    correlations = _standardised(first).T @ _standardised(second) / len(first)
    diagonal = correlations.diagonal()
    others = correlations.square().sum() - diagonal.square().sum()
    return scale * ((1 - diagonal).square().sum() + off_diagonal_weight * others)


def _standardised(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(0)
    return centred * torch.rsqrt(centred.square().mean(0) + _VARIANCE_FLOOR)


class BarlowTwins(Method):
    """The correlations between the components of two views are driven towards the identity matrix.

    L = scale x (sum_i (1 - c_ii)^2 + lambda x sum_{i != j} c_ij^2), c_ij the correlation over the batch of component
    i of one view with component j of the other. With more than two views: the mean over their pairs.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and comparison, with batch normalisation.
        off_diagonal_weight: lambda.
        scale: of the whole loss.

    Published values:
        lambda 0.005, scale 1 in the paper; lambda 0.005, scale 0.025, projector [2048, 2048, 512] on speakers
        (13.22 % on VoxCeleb1-O with Fast ResNet-34 after VoxCeleb2).

    Source:
        Zbontar et al. 2021, "Barlow Twins: self-supervised learning via redundancy reduction", equation 1; values on
        speakers: sslsv.
    """

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (2048, 2048, 2048),
        off_diagonal_weight: float = 0.005,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.off_diagonal_weight, self.scale = off_diagonal_weight, scale

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        pairs = combinations(projections, 2)
        return torch.stack([barlow_twins(*pair, self.off_diagonal_weight, self.scale) for pair in pairs]).mean()
