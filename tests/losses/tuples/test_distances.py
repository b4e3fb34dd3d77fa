"""Distances against their definitions, and where they are hard."""

from __future__ import annotations

import pytest
import torch

from voxmetric.losses.directions import unit
from voxmetric.losses.tuples.distances import (
    DISTANCES,
    chord_lengths,
    cosine,
    euclidean,
    squared_euclidean,
)


def test_each_equals_its_definition() -> None:
    embeddings = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    differences = embeddings[:, None] - embeddings
    cosines = torch.nn.functional.cosine_similarity(embeddings[:, None], embeddings, dim=2)
    torch.testing.assert_close(squared_euclidean(embeddings), differences.square().sum(2))
    torch.testing.assert_close(euclidean(embeddings).fill_diagonal_(0), differences.norm(dim=2), atol=1e-7, rtol=1e-7)
    torch.testing.assert_close(cosine(embeddings), 1 - cosines)


@pytest.mark.parametrize("distance", sorted(DISTANCES))
def test_gradients(distance: str) -> None:
    embeddings = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    apart = torch.ones(5, 5, dtype=torch.bool).triu(1)
    assert torch.autograd.gradcheck(lambda rows: DISTANCES[distance](rows)[apart], embeddings.requires_grad_())


@pytest.mark.parametrize("distance", sorted(DISTANCES))
def test_duplicates_and_zeros_have_bounded_gradients(distance: str) -> None:
    embeddings = torch.tensor([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0], [0.0, 0.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(DISTANCES[distance](unit(embeddings)[0]).sum(), embeddings)
    assert gradient.abs().max() < 100


def test_small_distances_far_from_the_origin_keep_their_digits() -> None:
    embeddings = torch.tensor([1000.0, 1000.0]) + torch.tensor([[0.0, 0.0], [0.25, 0.0]])
    torch.testing.assert_close(squared_euclidean(embeddings)[0, 1], torch.tensor(0.0625))


@pytest.mark.parametrize("distance", sorted(DISTANCES))
def test_chords_are_euclidean_distances_of_unit_vectors(distance: str) -> None:
    vectors = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    directions, _ = unit(vectors)
    chords = chord_lengths(DISTANCES[distance](directions), distance)
    torch.testing.assert_close(chords, euclidean(directions), atol=1e-7, rtol=1e-7)
