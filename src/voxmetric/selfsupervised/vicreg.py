"""VICReg: views agree, components keep their variance and lose their covariance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.projector import projector

_VARIANCE_FLOOR = 1e-4


def invariance(first: Tensor, second: Tensor) -> Tensor:
    """Mean squared difference of two views (B, P), over rows and components."""
    return F.mse_loss(first, second)


def variance(rows: Tensor) -> Tensor:
    """Mean over the components of [1 - sqrt(var + 0.0001)]+, in [0, 0.99]; (B, P), unbiased variance."""
    return F.relu(1 - (rows.var(0) + _VARIANCE_FLOOR).sqrt()).mean()


def covariance(rows: Tensor) -> Tensor:
    """Sum of the squared covariances of different components, over their number; (B, P), unbiased."""
    centred = rows - rows.mean(0)
    covariances = centred.T @ centred / (len(rows) - 1)
    return (covariances.square().sum() - covariances.diagonal().square().sum()) / rows.shape[1]


class VICReg(Method):
    """Views agree (invariance), each component keeps its variance, and different ones their independence.

    L = i x MSE(z_1, z_2) + v x (V(z_1) + V(z_2)) / 2 + c x (C(z_1) + C(z_2)), with V the mean over the components of
    [1 - sqrt(var + 0.0001)]+ and C the sum of squared covariances of different components over their number. With
    more than two views the first term is the mean over their pairs and the others go over all views alike.

    The weights and the average of V are those of the authors' code. With `average_variance` false V is summed over
    the two views, as sslsv does: a constant output then has V(z_1) + V(z_2) = 1.98.

    Args:
        encoder: the encoder to be trained.
        projector_sizes: layers between embedding and comparison, with batch normalisation.
        invariance_weight: i.
        variance_weight: v.
        covariance_weight: c.
        average_variance: average V over the views; otherwise sum it over a pair of views.

    Published values:
        25, 25, 1, averaged; on speakers 1, 1, 0.04 or 0.1, summed, with projector [2048, 2048, 512] (11.33 % on
        VoxCeleb1-O with Fast ResNet-34 after VoxCeleb2, with 0.1).

    Source:
        Bardes et al. 2022, "VICReg: variance-invariance-covariance regularization for self-supervised learning",
        equations 1 to 6; values on speakers: sslsv.
    """

    def __init__(
        self,
        encoder: Encoder,
        projector_sizes: Sequence[int] = (2048, 2048, 2048),
        invariance_weight: float = 25.0,
        variance_weight: float = 25.0,
        covariance_weight: float = 1.0,
        average_variance: bool = True,
    ) -> None:
        super().__init__()
        self.projector = projector(encoder.embedding_size, projector_sizes, batch_norm=True)
        self.weights = {
            "invariance": invariance_weight,
            "variance": variance_weight,
            "covariance": covariance_weight,
        }
        self.average_variance = average_variance
        self._terms: dict[str, Tensor] = {}

    def project(self, embeddings: Tensor) -> Tensor:
        projected: Tensor = self.projector(embeddings)
        return projected

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        terms = {
            "invariance": torch.stack([invariance(*pair) for pair in combinations(projections, 2)]).mean(),
            "variance": (1 if self.average_variance else 2) * torch.stack([*map(variance, projections)]).mean(),
            "covariance": 2 * torch.stack([*map(covariance, projections)]).mean(),
        }
        self._terms = {name: term.detach() for name, term in terms.items()}
        return torch.stack([self.weights[name] * term for name, term in terms.items()]).sum()

    def measure(self) -> dict[str, float]:
        """The three terms without their weights."""
        return {name: float(term) for name, term in self._terms.items()}
