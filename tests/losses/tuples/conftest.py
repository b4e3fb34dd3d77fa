"""A row of candidates, drawn from many times."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from voxmetric.losses.tuples.sampling import Candidates, Sampling

Frequencies = Callable[..., Tensor]
NUM_DRAWS = 20_000


@pytest.fixture
def frequencies() -> Frequencies:
    """How often a sampling chooses each of N candidates; nowhere if it finds none."""

    def count(
        sampling: Sampling,
        distances: list[float],
        allowed: list[bool] | None = None,
        *,
        positive: float = 0.0,
        margin: float = 1.0,
        embedding_size: int = 8,
    ) -> Tensor:
        row = torch.tensor(distances, dtype=torch.float64)
        may = torch.ones(len(row), dtype=torch.bool) if allowed is None else torch.tensor(allowed)
        candidates = Candidates(
            distances=row.expand(NUM_DRAWS, -1),
            allowed=may.expand(NUM_DRAWS, -1),
            positive_distances=torch.full((NUM_DRAWS,), positive, dtype=torch.float64),
            margin=torch.tensor(margin, dtype=torch.float64),
            embedding_size=embedding_size,
        )
        chosen, found = sampling.choose(candidates, torch.Generator().manual_seed(11))
        return torch.bincount(chosen[found], minlength=len(row)).double() / NUM_DRAWS

    return count
