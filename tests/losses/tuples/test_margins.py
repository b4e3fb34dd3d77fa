"""Margins of tuples."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.tuples.margins import TupleMargin
from voxmetric.losses.tuples.mean_distances import MeanDistances


def means(positive: float, negative: float) -> Callable[[], MeanDistances]:
    return lambda: MeanDistances(torch.tensor(positive, requires_grad=True), torch.tensor(negative))


def test_fixed_adaptive_and_floor() -> None:
    assert TupleMargin(0.25).of(means(0.5, 1.25)) == 0.25
    assert TupleMargin("adaptive").of(means(0.5, 1.25)) == 0.75
    assert TupleMargin("adaptive").of(means(1.25, 0.5)) == -0.75
    assert TupleMargin("adaptive", floor=0.875).of(means(0.5, 1.25)) == 0.875


@pytest.mark.parametrize("gradient", [False, True])
def test_gradient_flows_only_on_request(gradient: bool) -> None:
    margin = TupleMargin("adaptive", gradient=gradient).of(means(0.5, 1.25))
    assert isinstance(margin, torch.Tensor)
    assert margin.requires_grad is gradient


def test_what_goes_with_adaptive_only() -> None:
    with pytest.raises(InputError, match="margin_floor"):
        TupleMargin(0.8, floor=0.1)
    with pytest.raises(InputError, match='"adaptive"'):
        TupleMargin("other")  # type: ignore[arg-type]
