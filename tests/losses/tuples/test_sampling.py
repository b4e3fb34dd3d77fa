"""The draw that every sampling rests on, and the choice of negatives from a batch."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import chisquare

from voxmetric.losses.grouping import group
from voxmetric.losses.tuples import sampling, samplings
from voxmetric.losses.tuples.random import Random
from voxmetric.losses.tuples.sampling import choose_negatives, draw, nearest


def test_draws_are_proportional_to_the_weights() -> None:
    weights = torch.tensor([0.0, 1.0, 2.0, 0.0, 5.0, 0.0])
    columns, found = draw(weights.expand(40_000, -1), torch.Generator().manual_seed(1))
    counts = torch.bincount(columns, minlength=6)
    assert found.all()
    assert counts[weights == 0].sum() == 0
    assert chisquare(counts[weights > 0], 40_000 * weights[weights > 0] / 8).pvalue > 0.001


def test_rows_without_weight_find_nothing() -> None:
    _, found = draw(torch.tensor([[0.0, 0.0], [0.0, 1e-30]]), torch.Generator())
    assert found.tolist() == [False, True]
    _, found = nearest(torch.ones(2, 2), torch.tensor([[False, False], [False, True]]))
    assert found.tolist() == [False, True]


@pytest.mark.parametrize("barred", [False, True])
def test_negatives_are_of_other_speakers(barred: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ENTRIES_AT_ONCE", 64)  # several chunks
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 3, 0])
    groups = group(labels)
    queries = torch.arange(8).repeat(20)
    others = queries.roll(1) if barred else None
    chosen, found = choose_negatives(
        Random(),
        torch.rand(8, 8, generator=torch.Generator().manual_seed(0)),
        groups,
        queries=queries,
        barred=others,
        positive_distances=torch.zeros(len(queries)),
        margin=torch.tensor(1.0),
        embedding_size=4,
        generator=torch.Generator().manual_seed(0),
    )
    assert found.all()
    assert (labels[chosen] != labels[queries]).all()
    if others is not None:
        assert (labels[chosen] != labels[others]).all()


def test_every_sampling_is_found_by_its_name() -> None:
    geometry = {"distance": "cosine", "normalize": True}
    for name in samplings.available():
        assert isinstance(samplings.create(name, {}, shared=geometry), sampling.Sampling)
