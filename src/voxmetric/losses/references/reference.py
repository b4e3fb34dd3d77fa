"""What a reference is: it chooses the queries of a batch and what each is compared with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.losses.comparison import Comparison
from voxmetric.losses.loss import BatchNeeds


class Reference(nn.Module):
    """Turns a batch into a comparison by cosine.

    Attributes:
        needs: what it asks of a batch.
        generator: where random draws come from; the loss that owns the reference lends its own.
    """

    needs = BatchNeeds()
    generator: torch.Generator | None = None

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        """Compare a batch: embeddings (N, D), labels (N,). Changes no state."""
        raise NotImplementedError

    def remember(self, embeddings: Tensor, labels: Tensor) -> None:
        """Take a training batch into memory, after its loss; most references have none."""
