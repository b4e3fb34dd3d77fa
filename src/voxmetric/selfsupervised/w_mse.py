"""W-MSE: views agree after their batch has been whitened, which no collapsed output survives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.selfsupervised.mean_cosine import mean_cosine
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.projector import projector


def whiten(groups: Tensor, epsilon: float = 0.0) -> Tensor:
    """Rows without mean and, by the Cholesky factor of their covariance, without correlation: (..., n, P), alike.

    With covariance S (unbiased) and (1 - epsilon) S + epsilon I = L L^T, each centred row x becomes L^-1 x; without
    epsilon the covariance of a group is then the identity.

    Raises:
        InputError: if the covariance of a group cannot be factored.
    """
    rows, size = groups.shape[-2:]
    centred = groups - groups.mean(-2, keepdim=True)
    covariance = centred.mT @ centred / (rows - 1)
    identity = torch.eye(size, dtype=groups.dtype, device=groups.device)
    factor, failed = torch.linalg.cholesky_ex((1 - epsilon) * covariance + epsilon * identity)
    if bool(failed.any()):
        raise InputError(
            f"expected projections that vary in all their {size} dimensions, found a group of {rows} recordings that "
            "does not: they cannot be whitened; use fewer dimensions, larger groups or an epsilon above 0"
        )
    white: Tensor = torch.linalg.solve_triangular(factor, centred.mT, upper=False).mT
    return white


class WMSE(Method):
    """Two views agree after each has been whitened over groups of the batch; what has collapsed cannot be whitened.

    L = mean over the recordings of 2 - 2 cos(w_1, w_2), w = L^-1 (z - mean), L the Cholesky factor of the group's
    covariance. Every view is whitened by itself, in the same groups, which are drawn anew for every batch and are
    equally large; the few recordings that make no whole share sit the batch out. With more than two views: the mean
    over their pairs.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and comparison, with batch normalisation; the last is P.
        group_size: fewest recordings that are whitened together (the whole batch where it is smaller); more than P.
        epsilon: share of the identity matrix in the covariance, in [0, 1); above 0 it makes the factor exist.

    Published values:
        projector [1024, 64], groups of 128, epsilon 0; 14.62 % on VoxCeleb1-O with Fast ResNet-34 after VoxCeleb2.

    Source:
        Ermolov et al. 2021, "Whitening for self-supervised representation learning", equations 4 to 6; values on
        speakers: sslsv.
    """

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (1024, 64),
        group_size: int = 128,
        epsilon: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0.0 <= epsilon < 1.0:
            raise InputError(f"expected epsilon in [0, 1), found {epsilon}")
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.group_size, self.epsilon = group_size, epsilon
        size = [encoder.embedding_size, *projector_sizes][-1]
        self._check(group_size, size)
        if epsilon == 0.0:
            self.needs = dataclasses.replace(self.needs, recordings=max(self.needs.recordings, size + 1))

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        groups = self._groups(len(recordings)).to(recordings.device)
        self._check(groups.shape[1], projections[0].shape[1])
        white = [whiten(one[groups], self.epsilon).flatten(0, 1) for one in projections]
        return torch.stack([2 - 2 * mean_cosine(*pair) for pair in combinations(white, 2)]).mean()

    def _groups(self, recordings: int) -> Tensor:
        """Row indices of the groups: (number of groups, group size)."""
        number = max(1, recordings // self.group_size)
        size = recordings // number
        return torch.randperm(recordings, generator=self.generator)[: number * size].view(number, size)

    def _check(self, recordings: int, size: int) -> None:
        if recordings <= size and self.epsilon == 0.0:
            raise InputError(
                f"expected more recordings in a group than dimensions ({size}) to whiten them, found {recordings}: "
                "enlarge the batch and group_size, or lower the last of projector_sizes, or give an epsilon above 0"
            )
