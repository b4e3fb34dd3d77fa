from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Moment
from voxmetric.selfsupervised.momentum import MomentumCopy


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).double()


def moment(step: int, steps: int = 10) -> Moment:
    return Moment(step, steps, steps)


def test_follows_by_the_formula_step_after_step() -> None:
    original = network()
    follower = MomentumCopy(original, 0.9)
    expected = [one.detach().clone() for one in original.parameters()]
    for step in range(4):
        with torch.no_grad():
            for one in original.parameters():
                one.add_(torch.randn_like(one))
        follower.update(original, moment(step))
        expected = [0.9 * old + 0.1 * new for old, new in zip(expected, original.parameters(), strict=True)]
        for own, wanted in zip(follower.module.parameters(), expected, strict=True):
            torch.testing.assert_close(own, wanted)


def test_momentum_rises_along_half_a_cosine() -> None:
    follower = MomentumCopy(network(), 0.996, final_momentum=1.0)
    rise = [follower.momentum_at(moment(step)) for step in range(11)]
    assert rise == pytest.approx([1 - 0.004 * (math.cos(math.pi * step / 10) + 1) / 2 for step in range(11)])
    assert rise[0] == pytest.approx(0.996)
    assert rise[10] == 1.0


def test_momentum_stays_unless_a_final_one_is_given() -> None:
    assert [MomentumCopy(network(), 0.999).momentum_at(moment(step)) for step in (0, 9)] == [0.999, 0.999]


def test_learns_nothing_by_gradient() -> None:
    follower = MomentumCopy(network(), 0.9)
    assert not any(one.requires_grad for one in follower.parameters())
    assert all(one.requires_grad for one in network().parameters())


def test_with_batch_statistics_the_copy_keeps_running_ones_of_its_own() -> None:
    original = network()
    follower = MomentumCopy(original, 0.9).train()
    before = follower.module[1].running_mean.clone()
    follower.module(torch.randn(8, 3, dtype=torch.float64))
    own = follower.module[1].running_mean.clone()
    follower.update(original, moment(0))
    assert not own.equal(before)
    assert follower.module[1].running_mean.equal(own)


def test_without_batch_statistics_rows_are_independent_and_buffers_are_the_originals() -> None:
    original = network().train()
    follower = MomentumCopy(original, 0.9, batch_statistics=False).train()
    assert follower.training
    original(torch.randn(8, 3, dtype=torch.float64))
    follower.update(original, moment(0))
    assert follower.module[1].running_mean.equal(original[1].running_mean)
    rows = torch.randn(8, 3, dtype=torch.float64)
    torch.testing.assert_close(follower.module(rows)[:2], follower.module(rows[:2]))


def test_its_state_is_saved() -> None:
    saved = MomentumCopy(network(), 0.9)
    with torch.no_grad():
        saved.module[0].weight.add_(1.0)
    loaded = MomentumCopy(network(), 0.9)
    loaded.load_state_dict(saved.state_dict())
    assert loaded.module[0].weight.equal(saved.module[0].weight)


@pytest.mark.parametrize("momenta", [(1.5, None), (-0.1, None), (0.9, 2.0)])
def test_refuses_a_momentum_out_of_range(momenta: tuple[float, float | None]) -> None:
    with pytest.raises(InputError, match=r"in \[0, 1\]"):
        MomentumCopy(network(), *momenta)
