from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.selfsupervised.barlow_twins import barlow_twins


def views(count: int = 2, rows: int = 6) -> list[Tensor]:
    return [3 + 2 * torch.randn(rows, 3, dtype=torch.float64) for _ in range(count)]


def naive(first: Tensor, second: Tensor, weight: float, scale: float) -> Tensor:
    def standardised(column: Tensor) -> Tensor:
        return (column - column.mean()) / (column.var(unbiased=False) + 1e-5).sqrt()

    total = torch.zeros((), dtype=torch.float64)
    for i in range(first.shape[1]):
        for j in range(second.shape[1]):
            correlation = (standardised(first[:, i]) * standardised(second[:, j])).mean()
            total = total + ((1 - correlation) ** 2 if i == j else weight * correlation**2)
    return scale * total


@pytest.mark.parametrize(("weight", "scale"), [(0.005, 1.0), (0.5, 0.025)])
def test_is_the_published_formula(weight: float, scale: float) -> None:
    first, second = views()
    torch.testing.assert_close(barlow_twins(first, second, weight, scale), naive(first, second, weight, scale))


def test_oracles() -> None:
    columns = torch.cat([torch.ones(8, 1), torch.randn(8, 3)], 1).double()
    decorrelated = 100 * torch.linalg.qr(columns)[0][:, 1:]  # without mean, orthogonal, of one variance
    repeated = 100 * torch.randn(8, 1, dtype=torch.float64).repeat(1, 3)
    collapsed = torch.ones(8, 3, dtype=torch.float64)
    assert barlow_twins(decorrelated, decorrelated).item() == pytest.approx(0, abs=1e-9)
    assert barlow_twins(decorrelated, -decorrelated).item() == pytest.approx(3 * 2**2)
    assert barlow_twins(repeated, repeated, 0.005).item() == pytest.approx(0.005 * 6)
    assert barlow_twins(collapsed, collapsed).item() == pytest.approx(3)


def test_does_not_see_offset_and_size_of_components() -> None:
    first, second = (1000 * view for view in views())
    torch.testing.assert_close(barlow_twins(first, 7 * second - 5), barlow_twins(first, second))


def test_gradient() -> None:
    given = [view.requires_grad_() for view in views()]
    loss: Callable[..., Tensor] = barlow_twins
    assert torch.autograd.gradcheck(lambda *pair: loss(*pair, 0.1), given)


def test_method_means_over_pairs_of_views(encoder: nn.Module) -> None:
    method = selfsupervised.create("barlow_twins", encoder, projector_sizes=[3], scale=0.025)
    first, second, third = given = views(3)
    pairs = [barlow_twins(*pair, scale=0.025) for pair in ((first, second), (first, third), (second, third))]
    torch.testing.assert_close(method(given, [], torch.arange(6)), torch.stack(pairs).mean())
