from __future__ import annotations

import torch
import torch.nn.functional as F

from voxmetric.losses.directions import unit


def test_directions_and_norms() -> None:
    vectors = torch.randn(4, 3, 5, dtype=torch.float64)
    directions, norms = unit(vectors)
    torch.testing.assert_close(directions, F.normalize(vectors, dim=-1))
    torch.testing.assert_close(norms, vectors.norm(dim=-1))


def test_zero_stays_zero_without_gradient() -> None:
    vectors = torch.zeros(2, 3, requires_grad=True)
    directions, norms = unit(vectors)
    (directions.sum() + norms.sum()).backward()
    assert torch.equal(directions, torch.zeros(2, 3))
    assert vectors.grad is not None
    assert torch.equal(vectors.grad, torch.zeros(2, 3))


def test_gradient() -> None:
    vectors = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(unit, vectors)
