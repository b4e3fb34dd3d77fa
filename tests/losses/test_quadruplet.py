"""The quadruplet loss against enumeration, and its limits."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.quadruplet import Quadruplet

SAMPLINGS = ("all", "random", "semi_hard", "hard", "distance_weighted", "rank")
REDUCTIONS = ("mean", "mean_active", "sum")


def batch(sizes: list[int], embedding_size: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random float64 embeddings of speakers with these numbers of utterances, in shuffled order."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    embeddings = torch.randn(len(labels), embedding_size, generator=generator, dtype=torch.float64)
    return embeddings.requires_grad_(), labels


def reduced(hinges: list[Tensor], reduction: str) -> Tensor:
    if not hinges:
        return torch.tensor(0.0, dtype=torch.float64)
    values = torch.stack(hinges).relu()
    if reduction == "sum":
        return values.sum()
    return values.sum() / (len(values) if reduction == "mean" else max(1, int((values > 0).sum())))


def naive(
    embeddings: Tensor, labels: Tensor, margin: float | str, second_margin: float | None, reduction: str
) -> Tensor:
    """Squared Euclidean distances of unit vectors, tuple by tuple."""
    unit = embeddings / embeddings.norm(dim=1, keepdim=True)
    distances = (unit[:, None] - unit).square().sum(2)
    everyone = range(len(labels))
    triplets = [
        (a, p, n)
        for a, p, n in itertools.permutations(everyone, 3)
        if labels[a] == labels[p] and labels[a] != labels[n]
    ]
    if margin == "adaptive":
        gaps = [float((distances[a, n] - distances[a, p]).detach()) for a, p, n in triplets]
        margin = sum(gaps) / len(gaps)
    if second_margin is None:
        second_margin = margin / 2
    quadruplets = [
        (a, p, one, other)
        for a, p, one, other in itertools.permutations(everyone, 4)
        if labels[a] == labels[p] and len({int(labels[each]) for each in (a, one, other)}) == 3
    ]
    first = [distances[a, p] - distances[a, n] + margin for a, p, n in triplets]
    second = [distances[a, p] - distances[one, other] + second_margin for a, p, one, other in quadruplets]
    return reduced(first, reduction) + reduced(second, reduction)


def value_and_gradient(loss: Any, embeddings: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    value = loss(embeddings, *others)
    (gradient,) = torch.autograd.grad(value, embeddings)
    return value, gradient


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("margin", "second_margin"), [(0.8, 0.4), (0.3, None), ("adaptive", None)])
def test_all_equals_enumeration(margin: Any, second_margin: float | None, reduction: Any) -> None:
    embeddings, labels = batch([3, 1, 2, 3])
    loss = Quadruplet(margin=margin, second_margin=second_margin, sampling="all", reduction=reduction)
    expected = value_and_gradient(naive, embeddings, labels, margin, second_margin, reduction)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@settings(deadline=None, max_examples=15)
@given(sizes=st.lists(st.integers(1, 3), min_size=2, max_size=4), seed=st.integers(0, 1000))
def test_all_equals_enumeration_whatever_the_sizes(sizes: list[int], seed: int) -> None:
    sizes[0] = max(2, sizes[0])
    embeddings, labels = batch(sizes, seed=seed)
    loss = Quadruplet(sampling="all")
    expected = value_and_gradient(naive, embeddings, labels, 0.8, 0.4, "mean")
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@pytest.mark.parametrize("sampling", ["all", "hard"])
def test_gradient_is_that_of_the_value(sampling: Any) -> None:
    embeddings, labels = batch([2, 3, 2])
    loss = Quadruplet(sampling=sampling)
    assert torch.autograd.gradcheck(lambda rows: loss(rows, labels), embeddings)


def test_hard_equals_enumeration() -> None:
    embeddings, labels = batch([3, 2, 2, 3])
    unit = embeddings / embeddings.norm(dim=1, keepdim=True)
    distances = (unit[:, None] - unit).square().sum(2)
    first, second = [], []
    for a in range(len(labels)):
        p = max(
            (i for i in range(len(labels)) if labels[i] == labels[a] and i != a),
            key=lambda i: distances[a, i],
        )
        one = min((i for i in range(len(labels)) if labels[i] != labels[a]), key=lambda i: distances[a, i])
        other = min(
            (i for i in range(len(labels)) if labels[i] not in (labels[a], labels[one])),
            key=lambda i: distances[one, i],
        )
        first.append(distances[a, p] - distances[a, one] + 0.8)
        second.append(distances[a, p] - distances[one, other] + 0.4)
    expected = reduced(first, "mean") + reduced(second, "mean")
    torch.testing.assert_close(Quadruplet(sampling="hard")(embeddings, labels), expected)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_perfect_identical_and_lone_batches(sampling: Any) -> None:
    labels = torch.arange(4).repeat_interleave(2)
    perfect = torch.eye(4).repeat_interleave(2, dim=0).requires_grad_()
    identical = torch.ones(8, 3, requires_grad=True)
    for embeddings, speakers, expected in (
        (perfect, labels, 0.0),
        (identical, labels, 1.2),
        (identical, labels % 2, 0.8),  # two speakers make triplets but no quadruplets
        (perfect, torch.zeros_like(labels), 0.0),
        (perfect, torch.arange(8), 0.0),
    ):
        value, gradient = value_and_gradient(Quadruplet(sampling=sampling), embeddings, speakers)
        assert value.item() == pytest.approx(expected, abs=1e-5)
        assert gradient.abs().max() < 1e-5


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_duplicates_and_zeros_have_finite_gradients(sampling: Any) -> None:
    embeddings, labels = batch([3, 3, 3])
    with torch.no_grad():
        embeddings[1] = embeddings[0].clone()
        embeddings[2] = 0.0
    loss = Quadruplet(margin=1.5, sampling=sampling, distance="euclidean")
    _, gradient = value_and_gradient(loss, embeddings, labels)
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 100


def test_statistics_of_both_terms() -> None:
    labels = torch.arange(3).repeat_interleave(2)
    statistics = Quadruplet(sampling="all").statistics(torch.eye(3)[labels], labels)
    assert statistics == pytest.approx(
        {
            "num_tuples": 24,  # 6 ordered pairs x 4 negatives
            "active_share": 0,
            "mean_positive_distance": 0,
            "mean_negative_distance": 2,
            "margin": 0.8,
            "second_num_tuples": 48,  # 6 ordered pairs x 8 ordered pairs of the two others
            "second_active_share": 0,
            "second_margin": 0.4,
        },
        abs=1e-6,
    )


def test_margin_factor_reaches_both_terms() -> None:
    embeddings, labels = batch([3, 3, 3])
    loss = losses.create("quadruplet", margin=0.8, second_margin=0.2, sampling="all")
    loss.set_margin_factor(0.5)
    expected = Quadruplet(margin=0.4, second_margin=0.1, sampling="all")(embeddings, labels)
    torch.testing.assert_close(loss(embeddings, labels), expected)


def test_wrong_option_says_so() -> None:
    with pytest.raises(InputError, match="option of sampling 'all' 'hard_rank'"):
        losses.create("quadruplet", sampling="all", hard_rank=2)
