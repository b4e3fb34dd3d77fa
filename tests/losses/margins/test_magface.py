from __future__ import annotations

import math

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.margins.magface import MagFaceMargin

NORMS = [0.0, 5.0, 10.0, 35.0, 110.0, 300.0]


def test_margin_grows_with_the_norm() -> None:
    layer = MagFaceMargin(0.8, lower_margin=0.45)
    cosine = 0.3
    found = layer(torch.full((6,), cosine, dtype=torch.float64), torch.tensor(NORMS, dtype=torch.float64), 1.0)
    for norm, value in zip(NORMS, found.tolist(), strict=True):
        clipped = min(max(norm, 10), 110)
        margin = (0.8 - 0.45) / (110 - 10) * (clipped - 10) + 0.45
        assert value == pytest.approx(math.cos(math.acos(cosine) + margin))


def test_regulariser_is_the_published_one_and_rewards_large_norms() -> None:
    layer = MagFaceMargin(regulariser_weight=35.0)
    norms = torch.tensor(NORMS, dtype=torch.float64, requires_grad=True)
    expected = 0.0
    for norm in NORMS:
        clipped = min(max(norm, 10), 110)
        expected += 35 * (clipped / 110**2 + 1 / clipped) / len(NORMS)
    value = layer.regulariser(norms)
    value.backward()
    assert float(value.detach()) == pytest.approx(expected)
    assert norms.grad is not None
    assert norms.grad[3] < 0


def test_refuses_bounds_in_the_wrong_order() -> None:
    with pytest.raises(InputError, match="lower_norm < upper_norm"):
        MagFaceMargin(lower_norm=20.0, upper_norm=10.0)
    with pytest.raises(InputError, match="lower_margin"):
        MagFaceMargin(0.1, lower_margin=0.2)
