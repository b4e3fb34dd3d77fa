"""Random negatives."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.stats import chisquare
from torch import Tensor

from voxmetric.losses.tuples.random import Random


def test_all_negatives_are_equally_likely(frequencies: Callable[..., Tensor]) -> None:
    shares = frequencies(Random(), [0.1, 0.2, 0.3, 0.4, 9.0], [True, False, True, True, True])
    assert shares[1] == 0
    assert chisquare(shares[torch.tensor([0, 2, 3, 4])] * 20_000).pvalue > 0.001
