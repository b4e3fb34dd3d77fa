from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.vicreg import covariance, invariance, variance


def create(encoder: nn.Module, **options: object) -> Method:
    return selfsupervised.create("vicreg", encoder, **({"projector_sizes": [3]} | options)).double()


def views(count: int = 2, rows: int = 6) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64) for _ in range(count)]


def naive_variance(rows: Tensor) -> float:
    number, size = rows.shape
    total = 0.0
    for i in range(size):
        column = rows[:, i].tolist()
        mean = sum(column) / number
        spread = sum((value - mean) ** 2 for value in column) / (number - 1)
        total += max(0.0, 1 - math.sqrt(spread + 1e-4)) / size
    return total


def naive_covariance(rows: Tensor) -> float:
    number, size = rows.shape
    centred = (rows - rows.mean(0)).tolist()
    entries = [
        sum(row[i] * row[j] for row in centred) / (number - 1) for i in range(size) for j in range(size) if i != j
    ]
    return sum(entry**2 for entry in entries) / size


def test_terms_are_the_published_formulas() -> None:
    first, second = views()
    assert invariance(first, second).item() == pytest.approx(sum((first - second).flatten() ** 2).item() / 18)
    assert variance(first).item() == pytest.approx(naive_variance(first))
    assert covariance(first).item() == pytest.approx(naive_covariance(first))


@pytest.mark.parametrize("average", [True, False])
def test_weights_and_convention(encoder: nn.Module, average: bool) -> None:
    first, second = given = views()
    method = create(
        encoder, invariance_weight=2.0, variance_weight=3.0, covariance_weight=5.0, average_variance=average
    )
    expected = (
        2 * invariance(first, second)
        + 3 * (variance(first) + variance(second)) / (2 if average else 1)
        + 5 * (covariance(first) + covariance(second))
    )
    torch.testing.assert_close(method(given, [], torch.arange(6)), expected)


def test_a_constant_output(encoder: nn.Module) -> None:
    given = [torch.full((6, 3), 4.0, dtype=torch.float64)] * 2
    summed = {"invariance_weight": 1, "variance_weight": 1, "covariance_weight": 0.04, "average_variance": False}
    assert create(encoder, **summed)(given, [], torch.arange(6)).item() == pytest.approx(1.98)
    assert create(encoder)(given, [], torch.arange(6)).item() == pytest.approx(25 * 0.99)


def test_measures_its_terms(encoder: nn.Module) -> None:
    method = create(encoder, average_variance=False)
    assert method.measure() == {}
    method([torch.ones(6, 3, dtype=torch.float64)] * 2, [], torch.arange(6))
    assert method.measure() == pytest.approx({"invariance": 0, "variance": 1.98, "covariance": 0})


def test_more_views_weigh_as_two(encoder: nn.Module) -> None:
    view = views(1)[0]
    method = create(encoder)
    torch.testing.assert_close(method([view] * 4, [], torch.arange(6)), method([view] * 2, [], torch.arange(6)))


def test_gradient(encoder: nn.Module) -> None:
    method = create(encoder)
    given = [(view / 2).requires_grad_() for view in views()]
    assert torch.autograd.gradcheck(lambda *pair: method(pair, [], torch.arange(6)), given)


def test_gradient_of_a_constant_output_is_finite() -> None:
    constant = torch.ones(6, 3, requires_grad=True)
    variance(constant).backward()
    assert constant.grad is not None
    assert constant.grad.isfinite().all()
