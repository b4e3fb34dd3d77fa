"""SimSiam: a predictor guesses the other view's projection, which passes no gradient."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.selfsupervised.mean_cosine import mean_cosine
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.projector import projector


def simsiam(predictions: Sequence[Tensor], projections: Sequence[Tensor]) -> Tensor:
    """-cos(p, z) between each view's prediction and the other views' projections, averaged, in [-1, 1].

    Args:
        predictions: (B, P) for each view.
        projections: (B, P) for each view; as targets they get no gradient.
    """
    pairs = permutations(range(len(projections)), 2)
    cosines = [mean_cosine(predictions[asking], projections[asked].detach()) for asking, asked in pairs]
    return -torch.stack(cosines).mean()


class SimSiam(Method):
    """A predictor guesses the other view's projection, through which no gradient passes; no negatives, no copy.

    L = -(cos(q(z_1), sg(z_2)) + cos(q(z_2), sg(z_1))) / 2, z the projection, q the predictor, sg without gradient.

    The published recipe keeps the predictor's learning rate while the others' falls; here all follow the schedule.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and comparison, with batch normalisation, also of the output.
        predictor_size: width of the predictor's hidden layer, its bottleneck.

    Published values:
        the defaults; 28.94 % on VoxCeleb1-O with Fast ResNet-34 after VoxCeleb2 and a projection of 512, the poorest
        of the family.

    Source:
        Chen and He 2021, "Exploring simple Siamese representation learning", equation 4; values on speakers: sslsv.
    """

    def __init__(
        self, encoder: Encoder, projector_sizes: Sequence[int] = (2048, 2048, 2048), predictor_size: int = 512
    ) -> None:
        super().__init__()
        size = [encoder.embedding_size, *projector_sizes][-1]
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True, normalize_output=True)
        self.predictor = projector(size, (predictor_size, size), batch_norm=True)

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        return simsiam([self.predictor(one) for one in projections], projections)
