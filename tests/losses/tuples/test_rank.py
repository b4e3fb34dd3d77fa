"""Negatives by rank."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from voxmetric.losses.tuples.rank import Rank

DISTANCES = [0.9, 0.1, 0.5, 0.3, 0.7, 0.2]
ALLOWED = [True, False, True, True, True, True]


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_frequencies(frequencies: Callable[..., Tensor], probability: float) -> None:
    shares = frequencies(Rank(hard_rank=1, hard_probability=probability), DISTANCES, ALLOWED)
    # Ranks 0 and 1, inclusive, are the candidates 5 and 3; the five allowed share the rest.
    expected = (1 - probability) / 5 * torch.tensor(ALLOWED).double()
    expected[[5, 3]] += probability / 2
    assert shares[expected == 0].sum() == 0
    assert chisquare(shares[expected > 0] * 20_000, expected[expected > 0] * 20_000).pvalue > 0.001


def test_fewer_negatives_than_ranks(frequencies: Callable[..., Tensor]) -> None:
    shares = frequencies(Rank(hard_rank=10, hard_probability=1.0), DISTANCES, ALLOWED)
    assert shares[1] == 0
    assert chisquare(shares[torch.tensor(ALLOWED)] * 20_000).pvalue > 0.001
