"""Semi-hard negatives, by each of the three rules."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.tuples.semi_hard import SemiHard

DISTANCES = [0.1, 0.5, 0.75, 0.9, 1.0, 1.25, 1.5]
ALLOWED = [True, True, True, False, True, True, True]


def test_drawn_in_band(frequencies: Callable[..., Tensor]) -> None:
    shares = frequencies(SemiHard(), DISTANCES, ALLOWED, positive=0.5, margin=0.75)
    inside = torch.tensor([False, True, True, False, True, True, False])
    assert shares[~inside].sum() == 0
    assert chisquare(shares[inside] * 20_000).pvalue > 0.001


def test_nothing_in_the_band(frequencies: Callable[..., Tensor]) -> None:
    assert frequencies(SemiHard(), DISTANCES, ALLOWED, positive=0.2, margin=0.1).sum() == 0


@pytest.mark.parametrize(
    ("rule", "positive", "expected"),
    [
        ("nearest_in_band", 0.6, 2),
        ("nearest_in_band", 0.8, 4),
        ("next_farther", 0.5, 2),  # strictly farther
        ("next_farther", 1.3, 6),  # beyond the margin
        ("next_farther", 2.0, 6),  # none is farther: the farthest of all
    ],
)
def test_rules_without_chance(frequencies: Callable[..., Tensor], rule: str, positive: float, expected: int) -> None:
    sampling = SemiHard(rule)  # type: ignore[arg-type]
    assert frequencies(sampling, DISTANCES, ALLOWED, positive=positive, margin=0.3)[expected] == 1


def test_unknown_rule() -> None:
    with pytest.raises(InputError, match="did you mean 'next_farther'"):
        SemiHard("next_further")  # type: ignore[arg-type]
