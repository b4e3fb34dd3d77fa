from __future__ import annotations

import math

import pytest
import torch

from voxmetric.losses.margins.adaface import AdaFaceMargin


def naive(cosine: float, norm: float, margin: float, mean: float, deviation: float) -> float:
    z = 0.333 * (min(max(norm, 0.001), 100) - mean) / (deviation + 1e-3)
    z = min(max(z, -1), 1)
    theta = min(max(math.acos(cosine) - margin * z, 0), math.pi)
    return math.cos(theta) - (margin + margin * z)


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.4])
@pytest.mark.parametrize(("mean", "deviation"), [(20.0, 100.0), (15.0, 3.0)])
def test_is_the_published_formula(margin: float, mean: float, deviation: float) -> None:
    layer = AdaFaceMargin(margin).double()
    layer.mean.fill_(mean)
    layer.deviation.fill_(deviation)
    cosines = torch.linspace(-1, 1, 41, dtype=torch.float64)
    for norm in (0.0, 10.0, 15.0, 25.0, 500.0):
        found = layer(cosines, torch.full_like(cosines, norm), 1.0)
        expected = [naive(cosine, norm, margin, mean, deviation) for cosine in cosines.tolist()]
        torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64), atol=1e-9, rtol=0)


def test_statistics_follow_the_norms() -> None:
    layer = AdaFaceMargin()
    norms = torch.tensor([10.0, 14.0, 500.0])
    layer.observe(norms, norms)
    clipped = torch.tensor([10.0, 14.0, 100.0])
    assert float(layer.mean) == pytest.approx(0.99 * 20 + 0.01 * float(clipped.mean()))
    assert float(layer.deviation) == pytest.approx(0.99 * 100 + 0.01 * float(clipped.std()))


def test_one_norm_has_no_deviation() -> None:
    layer = AdaFaceMargin()
    layer.observe(torch.ones(1), torch.ones(1))
    assert layer.deviation == 100


def test_norms_get_no_gradient() -> None:
    norms = torch.tensor([10.0, 30.0], requires_grad=True)
    cosines = torch.tensor([0.1, 0.2], requires_grad=True)
    AdaFaceMargin()(cosines, norms, 1.0).sum().backward()
    assert norms.grad is None
