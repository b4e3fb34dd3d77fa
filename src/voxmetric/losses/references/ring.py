"""A fixed number of past embeddings with their labels, the oldest replaced first."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.losses.directions import unit

_NO_LABEL = torch.iinfo(torch.int64).min


class Ring(nn.Module):
    """Past directions; saved with the model, so that resumed training goes on with them.

    Args:
        size: K, how many are kept.
        embedding_size: D.

    Attributes:
        directions: (K, D) unit vectors, random ones until they are replaced.
        labels: (K,) int64, a value that no label has until they are replaced.
        position: where the next one goes.
        filled: how many are real.

    Raises:
        InputError: if a size is below 1.
    """

    directions: Tensor
    labels: Tensor
    position: Tensor
    filled: Tensor

    def __init__(self, size: int, embedding_size: int) -> None:
        super().__init__()
        if min(size, embedding_size) < 1:
            raise InputError(
                f"expected a memory of at least 1 embedding of at least 1 dimension, found {size} of {embedding_size}"
            )
        self.register_buffer("directions", unit(torch.randn(size, embedding_size))[0])
        self.register_buffer("labels", torch.full((size,), _NO_LABEL))
        self.register_buffer("position", torch.zeros((), dtype=torch.int64))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def push(self, directions: Tensor, labels: Tensor) -> None:
        """Keep (n, D) unit vectors and their labels (n,); of more than K, the last K."""
        size = len(self.labels)
        directions, labels = directions[-size:], labels[-size:]
        places = (self.position + torch.arange(len(labels), device=labels.device)) % size
        # New tensors, because the backward pass of this step still needs the old directions.
        self.directions = self.directions.index_copy(0, places, directions.to(self.directions.dtype))
        self.labels = self.labels.index_copy(0, places, labels)
        self.position = (self.position + len(labels)) % size
        self.filled = (self.filled + len(labels)).clamp(max=size)
