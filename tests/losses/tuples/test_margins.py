"""Margins of tuples."""

from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.tuples.margins import TupleMargin


def test_fixed_adaptive_and_floor() -> None:
    near, far = torch.tensor(0.5), torch.tensor(1.25)
    assert TupleMargin(0.25).of(near, far) == 0.25
    assert TupleMargin("adaptive").of(near, far) == 0.75
    assert TupleMargin("adaptive").of(far, near) == -0.75
    assert TupleMargin("adaptive", floor=0.875).of(near, far) == 0.875


@pytest.mark.parametrize("gradient", [False, True])
def test_gradient_flows_only_on_request(gradient: bool) -> None:
    near = torch.tensor(0.5, requires_grad=True)
    margin = TupleMargin("adaptive", gradient=gradient).of(near, torch.tensor(1.25))
    assert margin.requires_grad is gradient


def test_what_goes_with_adaptive_only() -> None:
    with pytest.raises(InputError, match="margin_floor"):
        TupleMargin(0.8, floor=0.1)
    with pytest.raises(InputError, match='"adaptive"'):
        TupleMargin("other")  # type: ignore[arg-type]
