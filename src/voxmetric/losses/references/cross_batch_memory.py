"""The batch itself and a memory of past batches, with labels."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.grouping import group
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.reference import Reference
from voxmetric.losses.references.ring import Ring


class CrossBatchMemory(Reference):
    """Every utterance looks for those of its speaker among the batch and the embeddings of past batches.

    Past embeddings get no gradient. An utterance whose speaker appears nowhere else asks nothing.

    Args:
        embedding_size: D.
        memory_size: K, past embeddings that are kept.
    """

    needs = BatchNeeds(speakers=2)

    def __init__(self, embedding_size: int, memory_size: int) -> None:
        super().__init__()
        self.memory = Ring(memory_size, embedding_size)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        directions, norms = unit(embeddings)
        filled = int(self.memory.filled)
        past = self.memory.directions[:filled].to(directions.dtype)
        in_batch = group(labels).pairs()
        in_past = (labels.unsqueeze(1) == self.memory.labels[:filled]).nonzero(as_tuple=True)
        self_pairs = torch.arange(len(labels), device=labels.device)
        return DenseComparison(
            directions @ torch.cat([directions, past]).T,
            torch.cat([in_batch[1], in_past[1] + len(labels)]),
            norms,
            rows=torch.cat([in_batch[0], in_past[0]]),
            excluded=(self_pairs, self_pairs),
        )

    def remember(self, embeddings: Tensor, labels: Tensor) -> None:
        self.memory.push(unit(embeddings)[0], labels)
