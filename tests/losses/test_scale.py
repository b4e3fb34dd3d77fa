from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.scale import Scale, scale_of_temperature

NORMS = torch.tensor([1.0, 2.0], dtype=torch.float64)


@pytest.mark.parametrize("value", [0.01, 1.0, 10.0, 64.0])
@pytest.mark.parametrize("learnable", [False, True])
def test_starts_at_its_value(value: float, learnable: bool) -> None:
    scale = Scale(value, learnable)
    assert float(scale(NORMS).detach()) == pytest.approx(value, rel=1e-5)
    assert len(list(scale.parameters())) == learnable


def test_stays_positive_whatever_the_optimiser_does() -> None:
    scale = Scale(10.0, learnable=True)
    optimiser = torch.optim.SGD(scale.parameters(), lr=5.0)
    for _ in range(6):
        optimiser.zero_grad()
        scale(NORMS).backward()
        optimiser.step()
    assert float(scale.raw.detach()) < 0
    assert 0 < float(scale(NORMS).detach()) < 1


def test_moves_like_the_plain_factor() -> None:
    scale = Scale(10.0, learnable=True)
    scale(NORMS).backward()
    assert float(scale.raw.grad) == pytest.approx(1, abs=1e-4)


def test_takes_the_norm() -> None:
    assert torch.equal(Scale("norm")(NORMS), NORMS)


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan"), "big"])
def test_refuses_what_is_not_positive(value: float | str) -> None:
    with pytest.raises(InputError, match="scale above 0"):
        Scale(value)


def test_refuses_to_learn_the_norm() -> None:
    with pytest.raises(InputError, match="cannot be learnable"):
        Scale("norm", learnable=True)


def test_temperature() -> None:
    assert scale_of_temperature(0.2) == 5.0
    with pytest.raises(InputError, match="temperature above 0"):
        scale_of_temperature(0.0)
