from __future__ import annotations

import pytest
import torch

from voxmetric.losses.log_sum_exp import log_sum_exp

LOWEST = torch.finfo(torch.float32).min


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_value_and_gradient_are_those_of_torch(dim: int, size: float) -> None:
    logits = (size * torch.randn(5, 4, dtype=torch.float64)).requires_grad_()
    weights = torch.randn(5 if dim == 1 else 4, dtype=torch.float64)
    expected = torch.logsumexp(logits, dim)
    found = log_sum_exp(logits.clone(), dim)
    torch.testing.assert_close(found, expected)
    (gradient,) = torch.autograd.grad(found @ weights, logits)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected @ weights, logits)[0])


def test_gradient_by_differences() -> None:
    logits = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: log_sum_exp(given.clone(), 1), logits)


def test_lowered_entries_add_nothing() -> None:
    logits = torch.tensor([[1.0, LOWEST, 2.0], [LOWEST, LOWEST, LOWEST]], requires_grad=True)
    found = log_sum_exp(logits.clone(), 1)
    found[0].backward()
    assert float(found[0].detach()) == pytest.approx(2.3132617)
    assert found[1] == LOWEST
    assert logits.grad is not None
    assert logits.grad[0, 1] == 0
    assert logits.grad.isfinite().all()
