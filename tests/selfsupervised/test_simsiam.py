from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.selfsupervised.simsiam import simsiam


def views(count: int = 2, rows: int = 4) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64) for _ in range(count)]


def test_is_the_published_formula() -> None:
    (p1, p2), (z1, z2) = views(), views()
    naive = [
        -torch.dot(p[row], z[row]) / (p[row].norm() * z[row].norm())
        for p, z in ((p1, z2), (p2, z1))
        for row in range(4)
    ]
    torch.testing.assert_close(simsiam([p1, p2], [z1, z2]), torch.stack(naive).mean())


@given(st.integers(0, 10_000))
def test_lies_between_minus_1_and_1(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    predictions, projections = torch.randn(2, 2, 3, 2, generator=generator, dtype=torch.float64)
    assert -1 <= simsiam(list(predictions), list(projections)) <= 1


def test_bounds_are_reached() -> None:
    one, other = views()
    assert simsiam([one, other], [other, one]).item() == pytest.approx(-1)
    assert simsiam([one, other], [-other, -one]).item() == pytest.approx(1)


def test_gradient_goes_to_the_predictions_alone() -> None:
    predictions = [view.requires_grad_() for view in views(3)]
    projections = [view.requires_grad_() for view in views(3)]
    assert torch.autograd.gradcheck(lambda *given: simsiam(given, projections), predictions)
    simsiam(predictions, projections).backward()
    assert all(projection.grad is None for projection in projections)


def test_method_predicts_before_it_compares(encoder: nn.Module) -> None:
    method = selfsupervised.create("simsiam", encoder, projector_sizes=[6, 3], predictor_size=2).double().train()
    projections = [method.project(encoder(view)) for view in torch.randn(2, 6, 4, dtype=torch.float64)]
    expected = simsiam([method.predictor(one) for one in projections], projections)
    value = method(projections, [], torch.arange(6))
    torch.testing.assert_close(value, expected)
    value.backward()
    assert all(one.grad is not None for one in (*encoder.parameters(), *method.parameters()))
