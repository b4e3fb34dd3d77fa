from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.losses.margins.angle import angle, shifted, shifted_monotone, sine

COSINES = torch.linspace(-1, 1, 201, dtype=torch.float64)
ENDS = [-1.0, 1.0, -1.0 - 1e-7, 1.0 + 1e-7]


def test_sine_and_angle() -> None:
    expected = [math.acos(cosine) for cosine in COSINES.tolist()]
    torch.testing.assert_close(angle(COSINES), torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(sine(COSINES), torch.tensor(expected, dtype=torch.float64).sin())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("function", [sine, angle, lambda c: shifted(c, 0.3), lambda c: shifted_monotone(c, 0.3)])
def test_ends_have_their_value_and_a_finite_gradient(function, dtype: torch.dtype) -> None:
    epsilon = torch.finfo(dtype).eps
    cosines = torch.tensor([*ENDS, 1 - epsilon, epsilon - 1], dtype=dtype, requires_grad=True)
    values = function(cosines)
    values.sum().backward()
    assert cosines.grad is not None
    assert cosines.grad.isfinite().all()
    assert cosines.grad.abs().max() <= 2 / epsilon**0.5
    just_inside = function(torch.tensor([-1 + 1e-6, 1 - 1e-6], dtype=dtype))
    torch.testing.assert_close(values[:2].detach(), just_inside, atol=2e-3, rtol=0)


@settings(deadline=None)
@given(st.floats(0.01, 1.5))
def test_monotone_form_falls_with_the_angle(margin: float) -> None:
    values = shifted_monotone(COSINES, margin)
    assert (values.diff() > 0).all()
    th, mm = math.cos(math.pi - margin), margin * math.sin(math.pi - margin)
    for cosine, value in zip(COSINES.tolist(), values.tolist(), strict=True):
        theta = math.acos(cosine)
        assert value == pytest.approx(math.cos(theta + margin) if cosine > th else cosine - mm, abs=1e-12)


def test_a_margin_for_each_query() -> None:
    cosines, margins = COSINES[::20], torch.linspace(0, 0.5, 11, dtype=torch.float64)
    for function in (shifted, shifted_monotone):
        expected = [function(cosine, float(margin)) for cosine, margin in zip(cosines, margins, strict=True)]
        torch.testing.assert_close(function(cosines, margins), torch.stack(expected))


def test_gradients() -> None:
    cosines = torch.tensor([-0.99, -0.5, 0.0, 0.3, 0.99], dtype=torch.float64, requires_grad=True)
    for function in (sine, angle, lambda c: shifted(c, 0.2), lambda c: shifted_monotone(c, 0.2)):
        assert torch.autograd.gradcheck(function, cosines)
