"""Counts of active triplets against enumeration."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from voxmetric.losses.grouping import group
from voxmetric.losses.tuples import batch_all_triplet
from voxmetric.losses.tuples.batch_all_triplet import active_triplets


def naive(distances: Tensor, labels: Tensor, margin: float) -> tuple[Tensor, int]:
    weights, num_active = torch.zeros_like(distances), 0
    for a, p, n in itertools.permutations(range(len(labels)), 3):
        if labels[a] == labels[p] and labels[a] != labels[n] and distances[a, n] < distances[a, p] + margin:
            weights[a, p] += 1
            weights[a, n] -= 1
            num_active += 1
    return weights, num_active


def integer_distances(sizes: list[int], seed: int) -> tuple[Tensor, Tensor]:
    """Distances in whole numbers, so that many of them and of the keys are exactly equal."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    return torch.randint(0, 5, (len(labels),) * 2, generator=generator).double(), labels


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    margin=st.sampled_from([-2.0, 0.0, 1.0, 3.0]),
)
def test_counts_equal_enumeration_with_ties(sizes: list[int], seed: int, margin: float) -> None:
    distances, labels = integer_distances(sizes, seed)
    weights, num_active = active_triplets(distances, group(labels), torch.tensor(margin))
    expected_weights, expected_active = naive(distances, labels, margin)
    torch.testing.assert_close(weights, expected_weights)
    assert int(num_active) == expected_active


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    distances, labels = integer_distances([4, 2, 1, 5], seed=0)
    groups, margin = group(labels), torch.tensor(1.0)
    whole = active_triplets(distances, groups, margin)
    monkeypatch.setattr(batch_all_triplet, "ENTRIES_AT_ONCE", 5 * len(labels))
    torch.testing.assert_close(active_triplets(distances, groups, margin), whole)
