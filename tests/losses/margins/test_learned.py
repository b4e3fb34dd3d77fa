from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.margins.learned import LearnedMargin

LABELS = torch.arange(6).repeat(2)


def loss(reward: float, margin: float = 0.3) -> AngularLoss:
    options = {"margin_kind": "learned", "margin": margin, "margin_options": {"reward": reward}}
    built = losses.create("nt_xent", temperature=0.1, **options).double()
    assert isinstance(built, AngularLoss)
    return built


def views(seed: int) -> Tensor:
    recordings = torch.randn(6, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.cat([recordings, recordings + 0.3 * recordings.flip(0)])


def missed(x: Tensor, margin: Tensor) -> Tensor:
    """Mean over the views of 1 - p, p the probability of the other view."""
    unit = x / x.norm(dim=1, keepdim=True)
    logits = 10 * (unit @ unit.T).fill_diagonal_(-torch.inf)
    other = torch.arange(12).roll(6)
    logits[torch.arange(12), other] -= 10 * margin
    return 1 - logits.softmax(1)[torch.arange(12), other].mean()


def descend(built: AngularLoss, x: Tensor) -> Tensor:
    assert isinstance(built.margin, LearnedMargin)
    optimizer = torch.optim.SGD(built.margin.parameters(), lr=0.3)
    for _ in range(1000):
        optimizer.zero_grad()
        built(x, LABELS).backward()
        optimizer.step()
    return built.margin.margin.detach()


@given(st.integers(0, 1000), st.floats(0.01, 0.99))
def test_cross_entropy_alone_only_lowers_it(seed: int, margin: float) -> None:
    built = loss(0.0, margin)
    assert isinstance(built.margin, LearnedMargin)
    (slope,) = torch.autograd.grad(built(views(seed), LABELS), [built.margin.raw])
    assert slope > 0


def test_slope_is_that_of_the_formula() -> None:
    built, x = loss(5.0), views(0)
    assert isinstance(built.margin, LearnedMargin)
    (slope,) = torch.autograd.grad(built(x, LABELS), [built.margin.raw])
    margin = built.margin.margin.detach()
    torch.testing.assert_close(slope, (10 * missed(x, margin) - 5.0) * margin * (1 - margin))


def test_without_reward_it_dwindles_and_with_it_settles_where_the_targets_miss_enough() -> None:
    x = views(0)
    assert descend(loss(0.0), x) < 0.05
    settled = descend(loss(5.0), x)
    assert 0.05 < settled < 0.95
    assert 10 * missed(x, settled).item() == pytest.approx(5.0, rel=1e-3)


def test_starts_where_it_is_told() -> None:
    assert LearnedMargin(0.3).margin.item() == pytest.approx(0.3)


@pytest.mark.parametrize("options", [{"margin": 0.0}, {"margin": 1.0}, {"reward": -1.0}])
def test_refuses_values_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"margin|reward"):
        LearnedMargin(**options)
