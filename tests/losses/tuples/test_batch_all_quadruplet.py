"""Counts of active quadruplets against enumeration."""

from __future__ import annotations

import itertools

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from voxmetric.losses.grouping import group
from voxmetric.losses.tuples.batch_all_quadruplet import active_quadruplets


def naive(distances: Tensor, labels: Tensor, margin: float) -> tuple[Tensor, int]:
    weights, num_active = torch.zeros_like(distances), 0
    for a, p, one, other in itertools.permutations(range(len(labels)), 4):
        speakers = {int(labels[a]), int(labels[one]), int(labels[other])}
        if labels[a] != labels[p] or len(speakers) < 3:
            continue
        if distances[one, other] < distances[a, p] + margin:
            weights[min(a, p), max(a, p)] += 1
            weights[min(one, other), max(one, other)] -= 1
            num_active += 1
    return weights, num_active


@settings(deadline=None, max_examples=40)
@given(
    sizes=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    margin=st.sampled_from([-2.0, 0.0, 1.0, 3.0]),
)
def test_counts_equal_enumeration_with_ties(sizes: list[int], seed: int, margin: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    # Whole numbers: many distances and keys are exactly equal.
    distances = torch.randint(0, 4, (len(labels),) * 2, generator=generator).double()
    distances = distances.triu(1) + distances.triu(1).T
    weights, num_active = active_quadruplets(distances, group(labels), torch.tensor(margin))
    expected_weights, expected_active = naive(distances, labels, margin)
    torch.testing.assert_close(weights, expected_weights)
    assert int(num_active) == expected_active
