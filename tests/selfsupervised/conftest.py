"""What tests of several methods share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn


class TinyEncoder(nn.Module):
    """A linear map of four samples, in place of an encoder."""

    embedding_size = 5

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.layer = nn.Linear(4, self.embedding_size)

    def forward(self, waveforms: Tensor) -> Tensor:
        embeddings: Tensor = self.layer(waveforms)
        return embeddings


@pytest.fixture
def encoder() -> TinyEncoder:
    return TinyEncoder().double()
