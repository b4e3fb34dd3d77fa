from __future__ import annotations

import math

import pytest
import torch

from voxmetric.losses.margins.additive_angular import AdditiveAngularMargin

COSINES = torch.linspace(-1, 1, 101, dtype=torch.float64)


def naive(cosine: float, margin: float, easy: bool, monotone: bool) -> float:
    moved = math.cos(math.acos(cosine) + margin)
    if easy:
        return moved if cosine > 0 else cosine
    if monotone and cosine <= math.cos(math.pi - margin):
        return cosine - margin * math.sin(math.pi - margin)
    return moved


@pytest.mark.parametrize(("easy", "monotone"), [(False, True), (True, True), (False, False), (True, False)])
@pytest.mark.parametrize("margin", [0.0, 0.05, 0.2, 0.5, 1.2])
def test_is_the_published_formula(margin: float, easy: bool, monotone: bool) -> None:
    found = AdditiveAngularMargin(margin, easy, monotone)(COSINES, COSINES, 1.0)
    expected = [naive(cosine, margin, easy, monotone) for cosine in COSINES.tolist()]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("margin", "threshold", "drop"),
    [(0.05, -0.998750, 0.002499), (0.1, -0.995004, 0.009983), (0.2, -0.980067, 0.039734), (0.3, -0.955336, 0.088656)],
)
def test_constants_of_the_published_code(margin: float, threshold: float, drop: float) -> None:
    layer = AdditiveAngularMargin(margin)
    below = torch.tensor(threshold - 1e-5, dtype=torch.float64)
    above = torch.tensor(threshold + 1e-5, dtype=torch.float64)
    assert float(below - layer(below, below, 1.0)) == pytest.approx(drop, abs=1e-6)
    assert float(layer(above, above, 1.0)) == pytest.approx(-1, abs=1e-4)


def test_without_fall_back_the_logit_rises_again() -> None:
    opposite = torch.tensor([-0.99, -1.0], dtype=torch.float64)
    values = AdditiveAngularMargin(0.5, monotone=False)(opposite, opposite, 1.0)
    assert values[1] > values[0]
