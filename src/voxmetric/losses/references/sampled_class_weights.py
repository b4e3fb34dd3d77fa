"""Class weights of which each step sees a random share, for very many speakers."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.class_labels import check_class_labels
from voxmetric.losses.comparison import Comparison, DenseComparison
from voxmetric.losses.directions import unit
from voxmetric.losses.references.class_cosines import class_cosines
from voxmetric.losses.references.class_weights import ClassWeights


class SampledClassWeights(ClassWeights):
    """Each embedding against the classes of the batch and others drawn at random (partial softmax).

    Args:
        embedding_size: D.
        num_speakers: C.
        sampled_speakers: classes that a step compares with, those of the batch among them.
        centers: K, centres of each class.

    Raises:
        InputError: if `sampled_speakers` is not in [1, C].

    Source:
        An et al. 2022, "Killing two birds with one stone: efficient and robust training of face recognition CNNs
        by partial FC" (a tenth of the classes in most runs).
    """

    def __init__(self, embedding_size: int, num_speakers: int, sampled_speakers: int, centers: int = 1) -> None:
        super().__init__(embedding_size, num_speakers, centers)
        if not 1 <= sampled_speakers <= num_speakers:
            raise InputError(f"expected sampled_speakers in [1, {num_speakers}], found {sampled_speakers}")
        self.sampled_speakers = sampled_speakers

    def forward(self, embeddings: Tensor, labels: Tensor) -> Comparison:
        check_class_labels(labels, len(self.weight))
        classes, columns = self._draw(labels)
        queries, norms = unit(embeddings)
        return DenseComparison(class_cosines(queries, self.weight[classes]), columns, norms)

    def _draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The classes to compare with, the batch's first, and the column of each label among them."""
        own, columns = torch.unique(labels, return_inverse=True)
        order = torch.randperm(len(self.weight), generator=self.generator).to(labels.device)
        others = order[torch.isin(order, own, invert=True)]
        num_others = max(self.sampled_speakers - len(own), 0)
        return torch.cat([own, others[:num_others]]), columns
