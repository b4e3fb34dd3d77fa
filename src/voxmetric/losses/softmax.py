"""Plain softmax."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.losses.class_labels import check_class_labels
from voxmetric.losses.loss import BatchNeeds, Loss


class Softmax(Loss):
    """Cross-entropy over a linear layer on the raw embedding.

    L = -log( exp(W_y . x + b_y) / sum_j exp(W_j . x + b_j) )

    Args:
        embedding_size: D.
        num_speakers: C; labels are in [0, C).
        bias: whether the layer has b; false reproduces Coria et al. 2020.

    Attributes:
        weight: (C, D).
        bias: (C,), or None.

    Published values:
        none.

    Source:
        Chung et al. 2020, "In defence of metric learning for speaker recognition", equation 1.
    """

    needs = BatchNeeds(batches="shuffled")

    def __init__(self, embedding_size: int, num_speakers: int, bias: bool = True) -> None:
        super().__init__()
        if min(embedding_size, num_speakers) < 1:
            raise InputError(
                f"expected embedding_size and num_speakers of at least 1, found {embedding_size} and {num_speakers}"
            )
        start = nn.Linear(embedding_size, num_speakers, bias=bias)
        self.weight = start.weight
        self.bias = start.bias

    def compute(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        check_class_labels(labels, len(self.weight))
        return F.cross_entropy(self._logits(embeddings), labels)

    def measure(self, embeddings: Tensor, labels: Tensor) -> dict[str, float]:
        """How often the right class has the highest logit."""
        check_class_labels(labels, len(self.weight))
        right = self._logits(embeddings).argmax(1) == labels
        return {"accuracy": float(right.to(torch.float32).mean())}

    def _logits(self, embeddings: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias.to(embeddings.dtype)
        return F.linear(embeddings, self.weight.to(embeddings.dtype), bias)
