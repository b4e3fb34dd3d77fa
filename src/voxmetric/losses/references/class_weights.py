"""One learnable direction, or several, for each training speaker."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.losses.class_labels import check_class_labels
from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.loss import BatchNeeds
from voxmetric.losses.references.blockwise import BLOCK_SIZE, BlockwiseComparison
from voxmetric.losses.references.class_cosines import class_cosines
from voxmetric.losses.references.reference import Reference


class ClassWeights(Reference):
    """Each embedding against every class; with several centres a class, its nearest centre counts.

    Beyond `BLOCK_SIZE` classes the matrix of cosines is never held at once.

    Args:
        embedding_size: D.
        num_speakers: C.
        centers: K, centres of each class.

    Attributes:
        weight: (C, D), or (C, K, D) with several centres; their norms do not matter.

    Raises:
        InputError: if a size is below 1, or (in a batch) a label lies outside [0, C).
    """

    needs = BatchNeeds(batches="shuffled")

    def __init__(self, embedding_size: int, num_speakers: int, centers: int = 1) -> None:
        super().__init__()
        if min(embedding_size, num_speakers, centers) < 1:
            raise InputError(
                "expected embedding_size, num_speakers and number of centres of at least 1, "
                f"found {embedding_size}, {num_speakers} and {centers}"
            )
        shape = (num_speakers, embedding_size) if centers == 1 else (num_speakers, centers, embedding_size)
        # Xavier's normal start, as in the published codes.
        spread = (2 / (num_speakers + embedding_size)) ** 0.5
        self.weight = nn.Parameter(torch.randn(shape) * spread)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        check_class_labels(labels, len(self.weight))
        queries, norms = unit(embeddings)
        if len(self.weight) > BLOCK_SIZE:
            return BlockwiseComparison(queries, labels, norms, self.weight)
        return DenseComparison(class_cosines(queries, self.weight), labels, norms)
