"""Center loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError, unknown_name
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds, Loss
from voxmetric.losses.softmax import Softmax

_FORMS = ("cosine", "squared_euclidean")


class Center(Loss):
    """Cross-entropy over a linear layer, plus the distance of each embedding to its speaker's centre.

    L = CE(W x) + lambda L_c. Form `cosine`: L_c = 1/(2N) sum_i (1 - cos(x_i, c_yi))^2, centres trained by the
    optimiser. Form `squared_euclidean`, the original: L_c = 1/(2N) sum_i ||x_i - c_yi||^2, and after each training
    batch c_j <- c_j - rate sum_i (c_j - x_i) / (1 + n_j) over the n_j utterances i of speaker j.

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        center_weight: lambda, 0 or above.
        form: `cosine` or `squared_euclidean`.
        center_rate: how fast the centres of the original form follow, in [0, 1].

    Attributes:
        weight: (C, D) of the linear layer, which has no bias.
        centers: (C, D).

    Published values:
        lambda 1 for the cosine form (default of Coria et al. 2020); rate 0.5 for the original.

    Source:
        Wen et al. 2016, "A discriminative feature learning approach for deep face recognition"; the cosine form
        is that of Coria et al. 2020, "A comparison of metric learning loss functions for end-to-end speaker
        verification".
    """

    needs = BatchNeeds(batches="shuffled")
    centers: Tensor

    def __init__(
        self,
        embedding_size: int,
        num_speakers: int,
        center_weight: float = 1.0,
        form: str = "cosine",
        center_rate: float = 0.5,
    ) -> None:
        super().__init__()
        if form not in _FORMS:
            raise unknown_name("form of center", form, _FORMS)
        if center_weight < 0 or not 0 <= center_rate <= 1:
            raise InputError(
                "expected center_weight of at least 0 and center_rate in [0, 1], "
                f"found {center_weight} and {center_rate}"
            )
        self.softmax = Softmax(embedding_size, num_speakers, bias=False)
        self.center_weight = center_weight
        self.form = form
        self.center_rate = center_rate
        start = torch.randn(num_speakers, embedding_size)
        if form == "cosine":
            self.centers = nn.Parameter(start)
        else:
            self.register_buffer("centers", start)

    @property
    def weight(self) -> Tensor:
        """The weights (C, D) of the linear layer."""
        return self.softmax.weight

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        entropy = self.softmax.compute(embeddings, labels)
        loss = entropy + self.center_weight * self._squares(embeddings, labels).mean() / 2
        if self.training and self.form == "squared_euclidean":
            self._move_centers(embeddings.detach(), labels)
        return loss

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """The accuracy of the linear layer, and L_c."""
        accuracy = self.softmax.measure(embeddings, labels)
        return accuracy | {"center_loss": float(self._squares(embeddings, labels).mean() / 2)}

    def _squares(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        own = self.centers[labels].to(embeddings.dtype)
        if self.form == "squared_euclidean":
            return (embeddings - own).square().sum(1)
        cosines = (unit(embeddings)[0] * unit(own)[0]).sum(1)
        return (1 - cosines).square()

    @torch.no_grad()
    def _move_centers(self, embeddings: Tensor, labels: Tensor) -> None:
        groups = group(labels)
        counts = groups.counts.unsqueeze(1)
        pull = groups.sums(embeddings.to(self.centers.dtype)) - counts * self.centers[groups.labels]
        self.centers.index_add_(0, groups.labels, self.center_rate * pull / (1 + counts))
