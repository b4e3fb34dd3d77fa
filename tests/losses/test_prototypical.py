from __future__ import annotations

import pytest
import torch

from voxmetric.losses.prototypical import Prototypical


@pytest.mark.parametrize("utterances", [2, 3, 5])
def test_is_the_published_formula(utterances: int) -> None:
    speakers = 4
    labels = torch.randperm(speakers).repeat(utterances)
    x = torch.randn(len(labels), 3, dtype=torch.float64, requires_grad=True)
    rows = [[i for i in range(len(labels)) if labels[i] == speaker] for speaker in range(speakers)]
    terms = []
    for own in rows:
        distances = torch.stack([(x[own[0]] - x[other[1:]].mean(0)).square().sum() for other in rows])
        terms.append(-torch.log_softmax(-distances, 0)[rows.index(own)])
    torch.testing.assert_close(Prototypical()(x, labels), torch.stack(terms).mean())
    assert torch.autograd.gradcheck(lambda given: Prototypical()(given, labels), x)


def test_perfect_pairs_far_apart_cost_nothing() -> None:
    x = 100 * torch.randn(200, 512).repeat(2, 1)
    labels = torch.arange(200).repeat(2)
    assert float(Prototypical()(x, labels)) == 0
    assert Prototypical().statistics(x, labels) == {"accuracy": 1}


def test_keeps_its_digits_far_from_the_origin() -> None:
    x, labels = torch.randn(20, 8), torch.arange(10).repeat(2)
    torch.testing.assert_close(Prototypical()(x + 1000, labels), Prototypical()(x, labels), rtol=1e-3, atol=1e-3)


def test_has_no_parameters() -> None:
    assert list(Prototypical().parameters()) == []
