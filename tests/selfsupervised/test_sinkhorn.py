from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.selfsupervised.sinkhorn import balanced_assignments


def naive(scores: torch.Tensor, epsilon: float, iterations: int) -> list[list[float]]:
    """Rows and columns scaled in turn, number by number."""
    rows = [[math.exp(value / epsilon) for value in row] for row in scores.tolist()]
    columns = range(len(rows[0]))
    for _ in range(iterations):
        sums = [sum(row[column] for row in rows) for column in columns]
        rows = [[row[column] / sums[column] / len(columns) for column in columns] for row in rows]
        rows = [[value / sum(row) / len(rows) for value in row] for row in rows]
    return [[value * len(rows) for value in row] for row in rows]


@pytest.mark.parametrize("iterations", [1, 3])
def test_is_the_published_iteration(iterations: int) -> None:
    scores = 2 * torch.rand(7, 4, dtype=torch.float64) - 1
    found = balanced_assignments(scores, 0.05, iterations)
    torch.testing.assert_close(found, torch.tensor(naive(scores, 0.05, iterations), dtype=torch.float64))


@given(st.integers(1, 12), st.integers(1, 9), st.sampled_from([0.01, 0.05, 1.0]), st.integers(0, 2**31))
def test_rows_sum_to_one_and_nothing_overflows(rows: int, columns: int, epsilon: float, seed: int) -> None:
    scores = 2 * torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed)) - 1
    found = balanced_assignments(scores, epsilon, 3)
    assert (found >= 0).all()
    torch.testing.assert_close(found.sum(1), torch.ones(rows))


def test_many_iterations_are_doubly_stochastic() -> None:
    scores = 2 * torch.rand(12, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 1
    found = balanced_assignments(scores, 0.2, 500)
    torch.testing.assert_close(found.sum(0), torch.full((4,), 3.0, dtype=torch.float64))
    torch.testing.assert_close(found.sum(1), torch.ones(12, dtype=torch.float64))


def test_balances_rows_that_all_prefer_one_prototype() -> None:
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.1], [0.7, 0.1], [0.6, 0.1]])
    assert balanced_assignments(scores, 0.05, 50).argmax(1).tolist() == [0, 0, 1, 1]


def test_leaves_the_scores_alone() -> None:
    scores = torch.rand(4, 3)
    before = scores.clone()
    balanced_assignments(scores, 0.05, 3)
    assert scores.equal(before)
