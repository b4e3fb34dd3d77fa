from __future__ import annotations

import torch

from voxmetric.selfsupervised.mean_cosine import mean_cosine


def test_is_the_mean_over_the_rows() -> None:
    first, second = torch.randn(2, 6, 3, dtype=torch.float64)
    rows = [torch.dot(a, b) / (a.norm() * b.norm()) for a, b in zip(first, second, strict=True)]
    torch.testing.assert_close(mean_cosine(first, second), torch.stack(rows).mean())


def test_gradient() -> None:
    views = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda both: mean_cosine(both[0], both[1]), [views])


def test_zero_rows_have_cosine_zero_and_no_gradient() -> None:
    zeros = torch.zeros(2, 3, requires_grad=True)
    value = mean_cosine(zeros, torch.ones(2, 3))
    value.backward()
    assert value == 0
    assert zeros.grad is not None
    assert zeros.grad.eq(0).all()
