from __future__ import annotations

import math

import pytest
import torch

from voxmetric.losses.margins.sphereface import SphereFaceMargin


@pytest.mark.parametrize("margin", [1.0, 1.5, 2.0, 3.0, 4.0])
def test_is_the_published_formula_and_falls_from_1_to_1_less_2m(margin: float) -> None:
    thetas = torch.linspace(1e-6, math.pi - 1e-6, 400, dtype=torch.float64)
    found = SphereFaceMargin(margin)(thetas.cos(), thetas, 1.0)
    expected = []
    for theta in thetas.tolist():
        k = math.floor(margin * theta / math.pi)
        expected.append((-1) ** k * math.cos(margin * theta) - 2 * k)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=1e-9, rtol=0)
    assert (found.diff() <= 1e-12).all()
    ends = SphereFaceMargin(margin)(torch.tensor([1.0, -1.0], dtype=torch.float64), thetas[:2], 1.0)
    torch.testing.assert_close(ends, torch.tensor([1.0, 1 - 2 * margin], dtype=torch.float64))


def test_schedule_moves_the_multiplier_from_one() -> None:
    cosines = torch.linspace(-0.9, 0.9, 7, dtype=torch.float64)
    torch.testing.assert_close(SphereFaceMargin(4)(cosines, cosines, 1 / 3), SphereFaceMargin(2)(cosines, cosines, 1.0))
