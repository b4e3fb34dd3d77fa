"""The contrastive loss against a loop over pairs, and its limits."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning import distances as peer_distances
from pytorch_metric_learning import losses as peer_losses
from torch import Tensor

from voxmetric import losses
from voxmetric.errors import InputError
from voxmetric.losses.contrastive import Contrastive

SAMPLINGS = ("all", "random", "semi_hard", "hard", "distance_weighted", "rank")


def batch(sizes: list[int], embedding_size: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random float64 embeddings of speakers with these numbers of utterances, in shuffled order."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    embeddings = torch.randn(len(labels), embedding_size, generator=generator, dtype=torch.float64)
    return embeddings.requires_grad_(), labels


def reduced(terms: list[Tensor], reduction: str) -> Tensor:
    if not terms:
        return torch.tensor(0.0, dtype=torch.float64)
    values = torch.stack(terms)
    if reduction == "sum":
        return values.sum()
    return values.sum() / (len(values) if reduction == "mean" else max(1, int((values > 0).sum())))


def naive(
    embeddings: Tensor,
    labels: Tensor,
    margin: float = 0.4,
    positive_margin: float = 0.0,
    distance: str = "cosine",
    form: str = "pooled",
    reduction: str = "mean",
) -> Tensor:
    unit = embeddings / embeddings.norm(dim=1, keepdim=True)
    positives, negatives = [], []
    for one, other in itertools.combinations(range(len(labels)), 2):
        length = 1 - unit[one] @ unit[other] if distance == "cosine" else (unit[one] - unit[other]).norm()
        if labels[one] == labels[other]:
            positives.append((length - positive_margin).relu() ** 2)
        else:
            negatives.append((margin - length).relu() ** 2)
    if form == "pooled":
        return reduced(positives + negatives, reduction) / 2
    return reduced(positives, reduction) + reduced(negatives, reduction)


def value_and_gradient(loss: Any, embeddings: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    value = loss(embeddings, *others)
    (gradient,) = torch.autograd.grad(value, embeddings)
    return value, gradient


@pytest.mark.parametrize("reduction", ["mean", "mean_active", "sum"])
@pytest.mark.parametrize("form", ["pooled", "separate"])
@pytest.mark.parametrize(("margin", "positive_margin", "distance"), [(0.4, 0.0, "cosine"), (1.2, 0.5, "euclidean")])
def test_all_equals_a_loop_over_pairs(
    margin: float, positive_margin: float, distance: Any, form: Any, reduction: Any
) -> None:
    embeddings, labels = batch([3, 1, 4, 2])
    options = {
        "margin": margin,
        "positive_margin": positive_margin,
        "distance": distance,
        "form": form,
        "reduction": reduction,
    }
    expected = value_and_gradient(lambda rows: naive(rows, labels, **options), embeddings)
    loss = losses.create("contrastive", **options)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@settings(deadline=None, max_examples=25)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_all_equals_a_loop_whatever_the_sizes(sizes: list[int], seed: int) -> None:
    embeddings, labels = batch([1, *sizes], seed=seed)
    loss = Contrastive()
    expected = value_and_gradient(naive, embeddings, labels)
    torch.testing.assert_close(value_and_gradient(loss, embeddings, labels), expected)


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "squared_euclidean"])
@pytest.mark.parametrize("sampling", ["all", "hard"])
def test_gradient_is_that_of_the_value(sampling: Any, distance: Any) -> None:
    embeddings, labels = batch([2, 3, 2])
    loss = Contrastive(margin=1.0, positive_margin=0.1, sampling=sampling, distance=distance)
    assert torch.autograd.gradcheck(lambda rows: loss(rows, labels), embeddings)


def test_one_pair_of_each_kind() -> None:
    # Cosine distances: 0 between the first two, 1 - cos 60 = 0.5 to the third.
    embeddings = torch.tensor([[1.0, 0.0], [2.0, 0.0], [1.0, 3.0**0.5]], dtype=torch.float64)
    value = Contrastive(margin=0.7)(embeddings, torch.tensor([0, 0, 1]))
    assert value.item() == pytest.approx((0.2**2 + 0.2**2) / 3 / 2)


def test_sampled_pairs_are_those_of_the_triplets() -> None:
    embeddings, labels = batch([2, 2, 2])
    unit = embeddings / embeddings.norm(dim=1, keepdim=True)
    distances = 1 - unit @ unit.T
    same = labels[:, None] == labels
    positives = distances[same & ~torch.eye(6, dtype=torch.bool)]
    nearest = distances.masked_fill(same, 9.0).amin(1)
    expected = (positives.square().sum() + (1.5 - nearest).relu().square().sum()) / 12 / 2
    torch.testing.assert_close(Contrastive(margin=1.5, sampling="hard")(embeddings, labels), expected)


def test_positive_part_equals_pytorch_metric_learning() -> None:
    # Its hinges are not squared, but the squared distance of a positive pair is the square of the distance.
    embeddings, labels = batch([3, 4, 2])
    peer = peer_losses.ContrastiveLoss(pos_margin=0, neg_margin=-1.0, distance=peer_distances.LpDistance(power=2))
    loss = Contrastive(margin=-1.0, form="separate", distance="euclidean", reduction="mean_active")
    torch.testing.assert_close(
        value_and_gradient(loss, embeddings, labels), value_and_gradient(peer, embeddings, labels)
    )


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_perfect_identical_and_lone_batches(sampling: Any) -> None:
    labels = torch.arange(4).repeat_interleave(2)
    perfect = torch.eye(4).repeat_interleave(2, dim=0).requires_grad_()
    loss = Contrastive(sampling=sampling)
    for speakers in (labels, torch.zeros_like(labels), torch.arange(8)):
        value, gradient = value_and_gradient(loss, perfect, speakers)
        assert gradient.isfinite().all()
        if sampling != "all" or speakers is labels:
            assert value.item() == pytest.approx(0, abs=1e-6)
    value, gradient = value_and_gradient(loss, torch.ones(8, 3, requires_grad=True), labels)
    share = 24 / 28 if sampling == "all" else 1 / 2
    assert value.item() == pytest.approx(share * 0.4**2 / 2, abs=1e-5)
    assert gradient.abs().max() < 1e-5


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_duplicates_have_finite_gradients(sampling: Any) -> None:
    embeddings, labels = batch([3, 3, 3])
    with torch.no_grad():
        embeddings[1:4] = embeddings[0].clone()
        embeddings[4] = 0.0
    loss = Contrastive(margin=1.0, sampling=sampling, distance="euclidean")
    _, gradient = value_and_gradient(loss, embeddings, labels)
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 100


def test_adaptive_margin_is_the_gap_of_all_pairs() -> None:
    embeddings, labels = batch([1, 2, 4])
    unit = (embeddings / embeddings.norm(dim=1, keepdim=True)).detach()
    pairs = list(itertools.combinations(range(7), 2))
    lengths = torch.stack([1 - unit[one] @ unit[other] for one, other in pairs])
    same = torch.tensor([bool(labels[one] == labels[other]) for one, other in pairs])
    gap = float(lengths[~same].mean() - lengths[same].mean())
    statistics = Contrastive(margin="adaptive").statistics(embeddings, labels)
    active = torch.where(same, lengths > 0, lengths < gap)
    assert statistics == pytest.approx(
        {
            "num_tuples": 21,
            "active_share": float(active.double().mean()),
            "mean_positive_distance": float(lengths[same].mean()),
            "mean_negative_distance": float(lengths[~same].mean()),
            "margin": gap,
        }
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "standard"}, "valid: pooled, separate"),
        ({"positive_margin": -0.1}, "positive_margin of 0 or more"),
        ({"distance_floor": 0.3}, "option of sampling 'all' 'distance_floor'"),
    ],
)
def test_wrong_options_say_so(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        losses.create("contrastive", **options)
