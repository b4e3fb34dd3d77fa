"""Every reference with every margin, against loops over queries and references."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from voxmetric.losses import margins
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.criteria import Contrast, CrossEntropy
from voxmetric.losses.references.batch_prototypes import BatchPrototypes
from voxmetric.losses.references.class_weights import ClassWeights
from voxmetric.losses.references.cross_batch_memory import CrossBatchMemory
from voxmetric.losses.references.key_queue import KeyQueue
from voxmetric.losses.references.leave_one_out_prototypes import LeaveOneOutPrototypes
from voxmetric.losses.references.other_views import OtherViews
from voxmetric.losses.references.reference import Reference
from voxmetric.losses.references.sampled_class_weights import SampledClassWeights
from voxmetric.losses.scale import Scale

KINDS = list(margins.available())
LABELS = torch.tensor([3, 1, 3, 0, 1, 0, 3])
Row = tuple[int, list[Tensor], list[Tensor]]
"""A query's row in the batch, the references of its own speaker and those of others."""


def class_rows(reference: Any, _x: Tensor, y: Tensor) -> list[Row]:
    return [
        (i, [reference.weight[y[i]]], [w for c, w in enumerate(reference.weight) if c != y[i]]) for i in range(len(y))
    ]


def center_rows(reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    rows = []
    for i in range(len(y)):
        nearest = [max(centers, key=lambda center: cosine(x[i], center)) for centers in reference.weight]
        rows.append((i, [nearest[y[i]]], [w for c, w in enumerate(nearest) if c != y[i]]))
    return rows


def members(y: Tensor) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for i, label in enumerate(y.tolist()):
        found.setdefault(label, []).append(i)
    return found


def prototype_rows(_reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    prototypes = {label: x[rows[1:]].mean(0) for label, rows in members(y).items()}
    return [
        (rows[0], [prototypes[label]], [p for other, p in prototypes.items() if other != label])
        for label, rows in members(y).items()
    ]


def leave_one_out_rows(reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    x = x / x.norm(dim=1, keepdim=True) if reference.normalize_utterances else x
    found = []
    for label, rows in members(y).items():
        for i in rows:
            own = x[[j for j in rows if j != i]].mean(0)
            found.append((i, [own], [x[others].mean(0) for other, others in members(y).items() if other != label]))
    return found


def view_rows(reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    if reference.symmetric:
        n = range(len(y))
        return [(i, [x[j] for j in n if j != i and y[j] == y[i]], [x[j] for j in n if y[j] != y[i]]) for i in n]
    others = {label: [x[j] for j in rows[1:]] for label, rows in members(y).items()}
    return [
        (rows[0], others[label], [v for other, views in others.items() if other != label for v in views])
        for label, rows in members(y).items()
    ]


def queue_rows(reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    past = list(zip(reference.queue.directions, reference.queue.labels.tolist(), strict=True))
    return [
        (rows[0], [x[j].detach() for j in rows[1:]], [key for key, owner in past if owner != label])
        for label, rows in members(y).items()
    ]


def memory_rows(reference: Any, x: Tensor, y: Tensor) -> list[Row]:
    filled = int(reference.memory.filled)
    every = [(x[j], int(y[j]), j) for j in range(len(y))]
    past = zip(reference.memory.directions[:filled], reference.memory.labels[:filled].tolist(), strict=True)
    every += [(vector, owner, -1) for vector, owner in past]
    return [
        (
            i,
            [v for v, owner, j in every if owner == y[i] and j != i],
            [v for v, owner, _ in every if owner != y[i]],
        )
        for i in range(len(y))
    ]


def filled_memory() -> CrossBatchMemory:
    reference = CrossBatchMemory(6, 8)
    reference.remember(torch.randn(5, 6), torch.tensor([0, 3, 8, 3, 1]))
    return reference


def filled_queue() -> KeyQueue:
    reference = KeyQueue(6, 8)
    reference.remember(torch.randn(6, 6), torch.tensor([0, 0, 9, 9, 3, 3]))
    return reference


REFERENCES: dict[str, tuple[Callable[[], Reference], Callable[[Any, Tensor, Tensor], list[Row]]]] = {
    "class weights": (lambda: ClassWeights(6, 5), class_rows),
    "several centres": (lambda: ClassWeights(6, 5, centers=3), center_rows),
    "all classes sampled": (lambda: SampledClassWeights(6, 5, 5), class_rows),
    "batch prototypes": (BatchPrototypes, prototype_rows),
    "leave one out": (LeaveOneOutPrototypes, leave_one_out_rows),
    "leave one out, raw": (lambda: LeaveOneOutPrototypes(normalize_utterances=False), leave_one_out_rows),
    "other views": (OtherViews, view_rows),
    "other views, first asks": (lambda: OtherViews(symmetric=False), view_rows),
    "key queue": (filled_queue, queue_rows),
    "memory": (filled_memory, memory_rows),
}
CRITERIA: dict[str, Callable[[], CrossEntropy | Contrast]] = {
    "cross-entropy": CrossEntropy,
    "competing": lambda: CrossEntropy(positives_compete=True),
    "contrast": Contrast,
}


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b) / (a.norm() * b.norm())


def naive(loss: AngularLoss, rows: list[Row], x: Tensor, scale: float, criterion: str) -> Tensor:
    means, norms = [], []
    for i, own, others in rows:
        norms.append(x[i].norm())
        if not own:
            continue
        targets = torch.stack([cosine(x[i], reference) for reference in own])
        negatives = torch.stack([cosine(x[i], reference) for reference in others])
        negatives = scale * loss.margin.negatives(negatives.unsqueeze(0), targets.mean().unsqueeze(0), 1.0)[0]
        penalised = scale * loss.margin(targets, x[i].norm().expand(len(own)), 1.0)
        if criterion == "contrast":
            terms = [1 - torch.sigmoid(p - 5) + torch.sigmoid(negatives - 5).max() for p in penalised]
        elif criterion == "competing":
            total = penalised.exp().sum() + negatives.exp().sum()
            terms = [-(p.exp() / total).log() for p in penalised]
        else:
            terms = [-(p.exp() / (p.exp() + negatives.exp().sum())).log() for p in penalised]
        means.append(torch.stack(terms).mean())
    return torch.stack(means).mean() + loss.margin.regulariser(torch.stack(norms))


def built(reference: str, kind: str, criterion: str = "cross-entropy", **scale: Any) -> AngularLoss:
    torch.manual_seed(1)
    margin = margins.create(kind)
    if kind == "curricularface":
        margin.difficulty.fill_(0.2)
    angular = AngularLoss(REFERENCES[reference][0](), margin, Scale(**{"value": 7.0, **scale}), CRITERIA[criterion]())
    return angular.double().eval()


def batch() -> Tensor:
    return 8 * torch.randn(len(LABELS), 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("criterion", list(CRITERIA))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reference", list(REFERENCES))
def test_every_cell_is_that_of_loops(reference: str, kind: str, criterion: str) -> None:
    loss = built(reference, kind, criterion)
    x = batch().requires_grad_()
    expected = naive(loss, REFERENCES[reference][1](loss.reference, x, LABELS), x, 7.0, criterion)
    found = loss(x, LABELS)
    torch.testing.assert_close(found, expected)
    leaves = [x, *loss.reference.parameters()]
    gradients = torch.autograd.grad(found, leaves)
    torch.testing.assert_close(gradients, torch.autograd.grad(expected, leaves))


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(2, 4), min_size=1, max_size=5),
    dimension=st.integers(2, 5),  # in one dimension, prototypes cancel and have no direction
    reference=st.sampled_from(["batch prototypes", "leave one out", "other views", "other views, first asks"]),
    criterion=st.sampled_from(list(CRITERIA)),
    seed=st.integers(0, 100),
)
def test_any_sizes_of_groups(counts: list[int], dimension: int, reference: str, criterion: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=generator)]
    x = torch.randn(len(labels), dimension, dtype=torch.float64, generator=generator)
    loss = built(reference, "additive", criterion)
    found = loss(x, labels)
    if len(counts) == 1:
        assert found.isfinite()
        return
    expected = naive(loss, REFERENCES[reference][1](loss.reference, x, labels), x, 7.0, criterion)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reference", list(REFERENCES))
def test_gradient_by_differences(reference: str, kind: str) -> None:
    loss = built(reference, kind, learnable=True)
    if kind == "adaface":
        # The margin takes the norm as given, which differences in the embedding would not.
        loss.margin.concentration = 0.0
    x = batch().requires_grad_()
    parameters = tuple(loss.parameters())

    def of_leaves(given: Tensor, *_: Tensor) -> Tensor:
        return loss(given, LABELS)

    if reference == "key queue":
        # Keys are taken as they are; only the queries' rows move.
        queries = [rows[0] for rows in members(LABELS).values()]
        start = x.detach().clone()
        leaf = start[queries].requires_grad_()
        assert torch.autograd.gradcheck(
            lambda moved, *_: loss(start.index_copy(0, torch.tensor(queries), moved), LABELS), (leaf, *parameters)
        )
        return
    assert torch.autograd.gradcheck(of_leaves, (x, *parameters))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reference", list(REFERENCES))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cosines_of_exactly_one_and_zero_norms_stay_finite(reference: str, kind: str, dtype: torch.dtype) -> None:
    loss = built(reference, kind).to(dtype).train()
    if hasattr(loss.reference, "weight"):
        with torch.no_grad():
            loss.weight.view(-1, 6)[:5] = torch.eye(6, dtype=dtype)[:5]
    x = torch.eye(6, dtype=dtype)[LABELS]
    x[1], x[6] = -x[1], 0
    x.requires_grad_()
    value = loss(x, LABELS)
    value.backward()
    assert value.isfinite()
    for leaf in (x, *loss.parameters()):
        assert leaf.grad is None or leaf.grad.isfinite().all()


def test_scale_by_the_norm() -> None:
    loss = built("class weights", "sphereface", value="norm")
    x = batch() / 8
    expected = 0.0
    for row, label in zip(x, LABELS.tolist(), strict=True):
        cosines = torch.stack([cosine(row, weight) for weight in loss.weight])
        logits = cosines.clone()
        logits[label] = loss.margin(cosines[label : label + 1], cosines[:1], 1.0)
        expected -= float(torch.log_softmax(row.norm() * logits, 0)[label].detach()) / len(x)
    assert float(loss(x, LABELS).detach()) == pytest.approx(expected)


def test_schedule_reaches_the_margin() -> None:
    loss = built("class weights", "additive")
    x = batch()
    values = []
    for factor in (0.0, 0.5, 1.0):
        loss.set_margin_factor(factor)
        values.append(float(loss(x, LABELS).detach()))
    assert values[0] == pytest.approx(float(built("class weights", "none")(x, LABELS).detach()))
    assert values[0] < values[1] < values[2]


def test_statistics() -> None:
    loss = built("class weights", "additive")
    with torch.no_grad():
        loss.weight.copy_(torch.eye(5, 6))
    x = torch.eye(6, dtype=torch.float64)[torch.tensor([3, 1, 3, 2, 1, 0, 3])]
    found = loss.statistics(x, LABELS)
    assert found == pytest.approx({"accuracy": 6 / 7, "target_cosine": 6 / 7, "hardest_negative_cosine": 1 / 7})


def test_training_feeds_the_margin_and_the_memory() -> None:
    loss = built("memory", "curricularface").train()
    filled = int(loss.reference.memory.filled)
    x = batch()
    target = loss.reference(x, LABELS).targets.mean()
    loss(x, LABELS)
    assert float(loss.margin.difficulty) == pytest.approx(0.99 * 0.2 + 0.01 * float(target))
    assert int(loss.reference.memory.filled) == min(filled + len(LABELS), 8)


def test_without_class_weights_there_is_no_weight() -> None:
    assert not hasattr(built("batch prototypes", "none"), "weight")
    assert built("class weights", "none").weight.shape == (5, 6)
    assert built("several centres", "none").weight.shape == (5, 3, 6)


def test_perfect_queries_keep_their_digits_in_single_precision() -> None:
    """Two orthogonal speakers at scale 10: log(1 + exp(-10)), which 1 + 4.5e-5 in float32 would round."""
    loss = AngularLoss(BatchPrototypes(), margins.create("none"), Scale(10.0))
    value = float(loss(torch.eye(2).repeat(2, 1), torch.tensor([0, 1, 0, 1])))
    assert value == pytest.approx(math.log1p(math.exp(-10)), rel=1e-5)
