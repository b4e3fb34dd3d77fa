from __future__ import annotations

import pytest
import torch

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.combination import WeightedSum
from voxmetric.losses.loss import BatchNeeds

X, LABELS = torch.randn(8, 6), torch.arange(4).repeat(2)
TERMS = [
    {"loss": "aam_softmax", "weight": 0.5, "options": {"margin": 0.3}},
    {"loss": "ge2e"},
    {"loss": "ge2e", "weight": 2.0, "options": {"form": "contrast"}},
]


def built() -> WeightedSum:
    loss = losses.create("weighted_sum", embedding_size=6, num_speakers=4, terms=TERMS)
    assert isinstance(loss, WeightedSum)
    return loss


def test_is_the_weighted_sum() -> None:
    loss = built()
    values = [term(X, LABELS) for term in loss.terms.values()]
    torch.testing.assert_close(loss(X, LABELS), 0.5 * values[0] + values[1] + 2 * values[2])
    assert list(loss.terms) == ["aam_softmax", "ge2e", "ge2e_3"]


def test_needs_what_its_terms_need() -> None:
    assert built().needs == BatchNeeds(utterances_per_speaker=2, speakers=2, batches="speakers")


def test_schedule_seed_and_statistics_reach_the_terms() -> None:
    loss = built()
    loss.set_margin_factor(0.25)
    loss.reseed(9)
    for term in loss.terms.values():
        assert term.margin_factor == 0.25
        assert term.generator.initial_seed() == 9
    assert {"aam_softmax.accuracy", "ge2e.accuracy", "ge2e_3.target_cosine"} <= set(loss.statistics(X, LABELS))


def test_weight_is_that_of_the_term_that_has_one() -> None:
    loss = built()
    assert loss.weight is loss.terms["aam_softmax"].weight
    assert not hasattr(losses.create("weighted_sum", terms=[{"loss": "ge2e"}]), "weight")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([], "one loss or more"),
        ([{"loss": "ge2e", "weight": -1}], "one loss or more"),
        ([{"loss": "ge2"}], "did you mean 'ge2e'"),
        ([{"loss": "ge2e", "wieght": 1}], "did you mean 'weight'"),
        ([{"weight": 1}], "expected `loss`"),
        ([{"loss": "ge2e", "options": {"from": "softmax"}}], "did you mean 'form'"),
    ],
)
def test_bad_terms_are_named(terms: list[dict[str, object]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        losses.create("weighted_sum", terms=terms)


def test_softmax_prototypical_is_one_to_one() -> None:
    loss = losses.create("softmax_prototypical", embedding_size=6, num_speakers=4)
    assert isinstance(loss, WeightedSum)
    torch.testing.assert_close(loss(X, LABELS), sum(term(X, LABELS) for term in loss.terms.values()))
    assert list(loss.terms) == ["softmax", "angular_prototypical"]
    assert loss.weight is loss.terms["softmax"].weight
