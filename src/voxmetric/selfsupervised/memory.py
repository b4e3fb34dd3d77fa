"""One vector for each recording of the training data, the latest that training computed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError


class Memory(nn.Module):
    """Vectors by the number of their recording; saved with the run, so that resumed training goes on with them.

    They are kept in bfloat16: three digits are plenty to find a recording's likes, and a million recordings of 512
    numbers take 1 GB in memory and in each checkpoint instead of 2.

    Args:
        num_recordings: N.
        size: P, length of a vector.

    Attributes:
        vectors: (N, P), zero until known.
        known: (N,) bool, whether there is one.

    Raises:
        InputError: if a size is below 1.
    """

    vectors: Tensor
    known: Tensor

    def __init__(self, num_recordings: int, size: int) -> None:
        super().__init__()
        if min(num_recordings, size) < 1:
            raise InputError(
                f"expected a memory of at least 1 recording and 1 number each, found {num_recordings} and {size}"
            )
        self.register_buffer("vectors", torch.zeros(num_recordings, size, dtype=torch.bfloat16))
        self.register_buffer("known", torch.zeros(num_recordings, dtype=torch.bool))

    @torch.no_grad()
    def remember(self, recordings: Tensor, vectors: Tensor) -> None:
        """Keep `vectors` (B, P) for `recordings` (B,), in place of what was there."""
        self.vectors[recordings] = vectors.to(self.vectors.dtype)
        self.known[recordings] = True
