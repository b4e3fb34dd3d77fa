"""The triplet loss against enumeration, its limits, and pytorch-metric-learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning import distances as peer_distances
from pytorch_metric_learning import losses as peer_losses
from pytorch_metric_learning import miners as peer_miners
from pytorch_metric_learning import reducers as peer_reducers
from torch import Tensor

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.grouping import group
from voxmetric.losses.triplet import Triplet

SAMPLINGS = ("all", "random", "semi_hard", "hard", "distance_weighted", "rank")
DISTANCES = ("squared_euclidean", "euclidean", "cosine")
REDUCTIONS = ("mean", "mean_active", "sum")


def batch(sizes: list[int], embedding_size: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random float64 embeddings of speakers with these numbers of utterances, in shuffled order."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(sizes)) * 7 - 3, torch.tensor(sizes))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    embeddings = torch.randn(len(labels), embedding_size, generator=generator, dtype=torch.float64)
    return embeddings.requires_grad_(), labels


def naive_distance(one: Tensor, other: Tensor, distance: str, normalize: bool) -> Tensor:
    if distance == "cosine":
        return 1 - one @ other / (one.norm() * other.norm())
    if normalize:
        one, other = one / one.norm(), other / other.norm()
    squared = (one - other).square().sum()
    return squared if distance == "squared_euclidean" else squared.sqrt()


def triplets(labels: Tensor) -> Iterator[tuple[int, int, int]]:
    everyone = range(len(labels))
    for a in everyone:
        for p in everyone:
            for n in everyone:
                if a != p and labels[a] == labels[p] and labels[a] != labels[n]:
                    yield a, p, n


def naive(
    embeddings: Tensor,
    labels: Tensor,
    margin: float | str,
    distance: str = "squared_euclidean",
    normalize: bool = True,
    reduction: str = "mean",
    detached: bool = True,
) -> Tensor:
    """All triplets, one by one."""
    pairs = [
        (
            naive_distance(embeddings[a], embeddings[p], distance, normalize),
            naive_distance(embeddings[a], embeddings[n], distance, normalize),
        )
        for a, p, n in triplets(labels)
    ]
    gap = torch.stack([negative - positive for positive, negative in pairs])
    chosen = (gap.detach() if detached else gap).mean() if margin == "adaptive" else margin
    hinges = (chosen - gap).relu()
    if reduction == "sum":
        return hinges.sum()
    return hinges.sum() / (len(hinges) if reduction == "mean" else max(1, int((hinges > 0).sum())))


def value_and_gradient(loss: Any, embeddings: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    value = loss(embeddings, *others)
    (gradient,) = torch.autograd.grad(value, embeddings)
    return value, gradient


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("margin", [0.3, "adaptive"])
def test_all_equals_enumeration(margin: float | str, distance: str, reduction: str, normalize: bool) -> None:
    embeddings, labels = batch([3, 1, 2, 4])
    loss = losses.create(
        "triplet",
        margin=margin,
        sampling="all",
        distance=distance,
        reduction=reduction,
        normalize=normalize,
    )
    expected = value_and_gradient(naive, embeddings, labels, margin, distance, normalize, reduction)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@settings(deadline=None, max_examples=25)
@given(sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4), seed=st.integers(0, 1000))
def test_all_equals_enumeration_whatever_the_sizes(sizes: list[int], seed: int) -> None:
    if max(sizes) == 1:
        sizes[0] = 2
    embeddings, labels = batch(sizes, seed=seed)
    loss = Triplet(margin=0.5, sampling="all")
    expected = value_and_gradient(naive, embeddings, labels, 0.5)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("sampling", ["all", "hard"])
def test_gradient_is_that_of_the_value(sampling: str, distance: str) -> None:
    embeddings, labels = batch([2, 3, 2])
    loss = Triplet(margin=0.6, sampling=sampling, distance=distance)
    assert torch.autograd.gradcheck(lambda rows: loss(rows, labels), embeddings)


@pytest.mark.parametrize("margin", [0.4, "adaptive"])
@pytest.mark.parametrize("sampling", ["all", "hard"])
def test_order_of_the_batch_does_not_matter(sampling: str, margin: float | str) -> None:
    embeddings, labels = batch([3, 2, 4])
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
    loss = Triplet(margin=margin, sampling=sampling)
    torch.testing.assert_close(loss(embeddings[order], labels[order]), loss(embeddings, labels))


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_perfect_identical_and_lone_batches(sampling: str) -> None:
    labels = torch.arange(4).repeat_interleave(2)
    loss = Triplet(margin=0.8, sampling=sampling)
    perfect = torch.eye(4).repeat_interleave(2, dim=0).requires_grad_()
    identical = torch.ones(8, 3, requires_grad=True)
    for embeddings, speakers, expected in (
        (perfect, labels, 0.0),
        (identical, labels, 0.8),
        (perfect, torch.zeros_like(labels), 0.0),
        (perfect, torch.arange(8), 0.0),
        (perfect[:1], labels[:1], 0.0),
    ):
        value, gradient = value_and_gradient(loss, embeddings, speakers)
        assert value.item() == pytest.approx(expected, abs=1e-5)
        assert gradient.abs().max() < 1e-5


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_duplicates_and_zeros_have_finite_gradients(sampling: str, distance: str) -> None:
    embeddings, labels = batch([3, 3, 3])
    with torch.no_grad():
        first = embeddings[0].clone()
        embeddings[labels == labels[0]] = first
        embeddings[(labels != labels[0]).nonzero()[0]] = first
        embeddings[(labels != labels[0]).nonzero()[1]] = 0.0
    loss = Triplet(margin=1.5, sampling=sampling, distance=distance)
    _, gradient = value_and_gradient(loss, embeddings, labels)
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 100


def test_huge_counts_lose_no_digits() -> None:
    # 2 x 64 x 63 x 64 triplets, all with nearly the same hinge: a float32 running sum would drift.
    generator = torch.Generator().manual_seed(3)
    embeddings = 1e-3 * torch.randn(128, 4, generator=generator) + torch.ones(4)
    labels = torch.arange(128) % 2
    loss = Triplet(margin=0.1, sampling="all")
    torch.testing.assert_close(loss(embeddings, labels).double(), loss(embeddings.double(), labels), rtol=1e-6, atol=0)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("reduction", ["mean", "mean_active"])
def test_all_equals_pytorch_metric_learning(reduction: str, power: int) -> None:
    embeddings, labels = batch([3, 4, 2, 5])
    peer = peer_losses.TripletMarginLoss(
        margin=0.3,
        distance=peer_distances.LpDistance(power=power),
        reducer=peer_reducers.MeanReducer() if reduction == "mean" else peer_reducers.AvgNonZeroReducer(),
    )
    loss = Triplet(
        margin=0.3,
        sampling="all",
        distance="euclidean" if power == 1 else "squared_euclidean",
        reduction=reduction,
    )
    torch.testing.assert_close(
        value_and_gradient(loss, embeddings, labels), value_and_gradient(peer, embeddings, labels)
    )


def test_hard_equals_pytorch_metric_learning() -> None:
    embeddings, labels = batch([3, 4, 2, 5])
    distance = peer_distances.LpDistance(power=2)
    peer = peer_losses.TripletMarginLoss(margin=0.3, distance=distance, reducer=peer_reducers.MeanReducer())
    mined = peer_miners.BatchHardMiner(distance=distance)(embeddings.detach(), labels)
    loss = Triplet(margin=0.3, sampling="hard")
    expected = value_and_gradient(peer, embeddings, labels, mined)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


def test_semi_hard_draws_what_pytorch_metric_learning_calls_semi_hard() -> None:
    embeddings, labels = batch([2] * 12)
    distance = peer_distances.LpDistance(power=2)
    mined = peer_miners.TripletMarginMiner(margin=0.8, type_of_triplets="semihard", distance=distance)
    theirs = set(zip(*(indices.tolist() for indices in mined(embeddings.detach(), labels)), strict=True))
    loss = Triplet(margin=0.8, sampling="semi_hard")
    ours = loss.listed_triplets(loss.distances(embeddings), group(labels), 5)
    chosen = list(zip(*(indices.tolist() for indices in ours), strict=True))
    assert set(chosen) <= theirs
    # One for each pair (a, p) that has any.
    assert sorted((a, p) for a, p, _ in chosen) == sorted({(a, p) for a, p, _ in theirs})


@pytest.mark.parametrize("sampling", ["random", "semi_hard", "distance_weighted", "rank"])
def test_draws_follow_the_seed(sampling: str) -> None:
    embeddings, labels = batch([3] * 10)
    loss = Triplet(sampling=sampling)
    loss.reseed(5)
    first, second = loss(embeddings, labels), loss(embeddings, labels)
    loss.reseed(5)
    loss.statistics(embeddings, labels)
    assert loss(embeddings, labels) == first
    assert first != second


def test_statistics_of_a_small_batch() -> None:
    angles = torch.tensor([0.0, 0.3, 1.0, 2.5], dtype=torch.float64)
    embeddings, labels = torch.stack([angles.cos(), angles.sin()], 1), torch.tensor([0, 0, 1, 1])
    statistics = Triplet(margin=0.5, sampling="all", distance="cosine").statistics(embeddings, labels)
    pairs = [(1 - (angles[a] - angles[p]).cos(), 1 - (angles[a] - angles[n]).cos()) for a, p, n in triplets(labels)]
    positive, negative = (torch.stack(column) for column in zip(*pairs, strict=True))
    assert statistics == pytest.approx(
        {
            "num_tuples": 8,
            "active_share": float((positive + 0.5 > negative).double().mean()),
            "mean_positive_distance": float(positive.mean()),
            "mean_negative_distance": float(negative.mean()),
            "margin": 0.5,
        }
    )


@pytest.mark.parametrize("sampling", ["all", "random"])
def test_undetached_margin(sampling: str) -> None:
    embeddings, labels = batch([2, 3, 2])
    loss = Triplet(margin="adaptive", margin_gradient=True, sampling="all")
    expected = value_and_gradient(lambda rows: naive(rows, labels, "adaptive", detached=False), embeddings)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)
    detached = Triplet(margin="adaptive", sampling=sampling)
    undetached = Triplet(margin="adaptive", margin_gradient=True, sampling=sampling)
    (value, gradient), (same, other) = (value_and_gradient(each, embeddings, labels) for each in (detached, undetached))
    assert value == same
    assert not torch.allclose(gradient, other)


def test_margin_factor_and_floor() -> None:
    embeddings, labels = batch([3, 3, 3])
    loss = Triplet(margin=0.8, sampling="all")
    loss.set_margin_factor(0.25)
    torch.testing.assert_close(loss(embeddings, labels), Triplet(margin=0.2, sampling="all")(embeddings, labels))
    floored = Triplet(margin="adaptive", margin_floor=3.9, sampling="all")
    assert floored.statistics(embeddings, labels)["margin"] == 3.9


def test_half_precision_is_computed_in_single() -> None:
    embeddings, labels = batch([3, 3, 3])
    half = embeddings.detach().to(torch.bfloat16)
    loss = Triplet(sampling="all")
    assert loss(half, labels).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(loss(half, labels), loss(half.float(), labels))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampling": "hardest"}, "did you mean 'hard'"),
        ({"distance": "manhattan"}, "valid: cosine, euclidean, squared_euclidean"),
        ({"reduction": "median"}, "valid: mean, mean_active, sum"),
        ({"margin": "fixed"}, '"adaptive"'),
        ({"margin_floor": 0.8}, 'margin="adaptive"'),
        ({"sampling": "hard", "hard_rank": 3}, "option of sampling 'hard' 'hard_rank'"),
        ({"sampling": "rank", "hard_rank": -1}, "hard_rank of 0 or more"),
        ({"sampling": "rank", "hard_probability": 1.5}, "hard_probability in"),
        ({"sampling": "semi_hard", "semi_hard_rule": "band"}, "semi_hard_rule"),
        ({"sampling": "distance_weighted", "normalize": False}, "unit length"),
        ({"sampling": "distance_weighted", "distance_floor": 1.5}, "distance_floor < distance_cutoff"),
    ],
)
def test_wrong_options_say_so(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        losses.create("triplet", **options)
