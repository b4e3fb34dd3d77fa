from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Method
from voxmetric.selfsupervised.w_mse import whiten


def create(encoder: nn.Module, **options: object) -> Method:
    small = {"projector_sizes": [3], "group_size": 8}
    return selfsupervised.create("w_mse", encoder, **(small | options)).double()


def views(count: int = 2, rows: int = 8) -> list[Tensor]:
    mixing = torch.tensor([[2.0, 1, 0], [0, 1, 3], [0, 0, 0.1]], dtype=torch.float64)
    return [torch.randn(rows, 3, dtype=torch.float64) @ mixing + 5 for _ in range(count)]


def naive(rows: Tensor, epsilon: float) -> Tensor:
    """With an explicit inverse, by numpy."""
    given = rows.numpy()
    covariance = (1 - epsilon) * np.cov(given, rowvar=False) + epsilon * np.eye(given.shape[1])
    inverse = np.linalg.inv(np.linalg.cholesky(covariance))
    return torch.from_numpy(np.stack([inverse @ (row - given.mean(0)) for row in given]))


def cosine_loss(first: Tensor, second: Tensor) -> Tensor:
    rows = [2 - 2 * torch.dot(a, b) / (a.norm() * b.norm()) for a, b in zip(first, second, strict=True)]
    return torch.stack(rows).mean()


@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_whitens_by_the_cholesky_factor(epsilon: float) -> None:
    first, second = given = views()
    white = whiten(torch.stack(given), epsilon)
    torch.testing.assert_close(white, torch.stack([naive(first, epsilon), naive(second, epsilon)]))


def test_whitened_rows_have_no_mean_and_the_covariance_of_the_identity() -> None:
    white = whiten(views(1, rows=20)[0])
    torch.testing.assert_close(white.mean(0), torch.zeros(3, dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(white.T.cov(), torch.eye(3, dtype=torch.float64))


def test_a_batch_of_one_group_is_the_published_formula(encoder: nn.Module) -> None:
    first, second = given = views(rows=12)
    value = create(encoder)(given, [], torch.arange(12))
    torch.testing.assert_close(value, cosine_loss(naive(first, 0), naive(second, 0)))


def test_groups_are_drawn_equally_large_from_the_batch(encoder: nn.Module) -> None:
    method = create(encoder)
    groups = method._groups(27)
    assert groups.shape == (3, 9)
    assert method._groups(35).shape == (4, 8)  # three sit out
    assert method._groups(7).shape == (1, 7)
    assert len(set(groups.flatten().tolist())) == 27
    assert not groups.flatten().equal(torch.arange(27))


def test_each_group_and_view_is_whitened_by_itself(encoder: nn.Module) -> None:
    method = create(encoder)
    first, second = given = views(rows=16)
    method.reseed(3)
    value = method(given, [], torch.arange(16))
    method.reseed(3)
    parts = [cosine_loss(naive(first[rows], 0), naive(second[rows], 0)) for rows in method._groups(16)]
    torch.testing.assert_close(value, torch.stack(parts).mean())


def test_gradient(encoder: nn.Module) -> None:
    method = create(encoder)
    given = [view.requires_grad_() for view in views()]
    assert torch.autograd.gradcheck(lambda *pair: method(pair, [], torch.arange(8)), given)


def test_refuses_too_few_recordings(encoder: nn.Module) -> None:
    with pytest.raises(InputError, match=r"more recordings in a group than dimensions \(3\).*found 3"):
        create(encoder, group_size=3)
    with pytest.raises(InputError, match=r"more recordings in a group than dimensions \(3\).*found 2"):
        create(encoder)(views(rows=2), [], torch.arange(2))
    assert create(encoder, epsilon=0.1)(views(rows=2), [], torch.arange(2)).isfinite()


def test_refuses_projections_without_variance(encoder: nn.Module) -> None:
    flat = torch.ones(8, 3, dtype=torch.float64)
    with pytest.raises(InputError, match="cannot be whitened"):
        create(encoder)([flat, flat], [], torch.arange(8))


def test_refuses_an_epsilon_out_of_range(encoder: nn.Module) -> None:
    with pytest.raises(InputError, match="epsilon"):
        create(encoder, epsilon=1.0)
