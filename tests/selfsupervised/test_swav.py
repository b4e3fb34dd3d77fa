from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Method, Moment
from voxmetric.selfsupervised.sinkhorn import balanced_assignments


def create(encoder: nn.Module, **options: object) -> Method:
    torch.manual_seed(0)
    small = {"projector_sizes": [6, 3], "prototypes": 7, "queue_size": 8, "queue_epoch": 1}
    return selfsupervised.create("swav", encoder, **(small | options)).double().train()


def views(count: int = 2, rows: int = 4) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64, requires_grad=True) for _ in range(count)]


def swapped(projections: list[Tensor], prototypes: Tensor, past: list[Tensor] | None = None) -> Tensor:
    """The paper's loss, pair by pair and row by row."""
    unit = [view / view.norm(dim=1, keepdim=True) for view in projections]
    terms = []
    for one in range(2):
        pool = unit[one] if past is None else torch.cat([unit[one], past[one]])
        codes = balanced_assignments((pool @ prototypes.T).detach(), 0.05, 3)
        for other in range(len(unit)):
            for row in range(len(unit[0])):
                if one != other:
                    terms.append(-(codes[row] * (unit[other][row] @ prototypes.T / 0.1).softmax(0).log()).sum())
    return torch.stack(terms).mean()


@pytest.mark.parametrize("count", [2, 4])
def test_is_the_published_formula(encoder: nn.Module, count: int) -> None:
    method, projections = create(encoder), views(count)
    method.begin(encoder, Moment(0, 10, 5))
    value = method(projections, [], torch.arange(4))
    torch.testing.assert_close(value, swapped(projections, method.prototypes))


def test_the_queue_serves_from_its_epoch_on_and_only_when_full(encoder: nn.Module) -> None:
    method, past = create(encoder), [[], []]
    for step in range(8):  # epochs of two updates: the queue of 8 is full after the updates 2 and 3
        method.begin(encoder, Moment(step, 8, 2))
        projections = views()
        queued = [torch.cat(kept[-2:]) for kept in past] if step >= 4 else None
        value = method(projections, [], torch.arange(4))
        torch.testing.assert_close(value, swapped(projections, method.prototypes, queued))
        if step >= 2:
            for kept, view in zip(past, projections, strict=True):
                kept.append((view / view.norm(dim=1, keepdim=True)).detach())


def test_prototypes_stay_in_the_first_epoch_and_are_unit_vectors_after_each_update(encoder: nn.Module) -> None:
    method = create(encoder)
    optimizer = torch.optim.Adam(method.parameters(), lr=0.1)
    drawn = method.prototypes.detach().clone()
    for step in range(4):
        method.begin(encoder, Moment(step, 4, 2))
        optimizer.zero_grad()
        method(views(), [], torch.arange(4)).backward()
        optimizer.step()
        method.follow(encoder, Moment(step, 4, 2))
        assert torch.allclose(method.prototypes, drawn) == (step < 2)
        torch.testing.assert_close(method.prototypes.norm(dim=1), torch.ones(7, dtype=torch.float64))


def test_gradient_of_projections_and_prototypes(encoder: nn.Module) -> None:
    method = create(encoder, queue_size=0)
    method.begin(encoder, Moment(9, 10, 5))
    codes = balanced_assignments(torch.rand(4, 7, dtype=torch.float64), 0.05, 3)
    # Assignments get no gradient, which a finite difference cannot know: they are held fixed.
    method._assign = lambda *_: codes
    projections = views()

    def loss(*both: Tensor) -> Tensor:
        return method(both, [], torch.arange(4))

    assert torch.autograd.gradcheck(loss, projections)
    loss(*projections).backward()
    assert method.prototypes.grad.abs().sum() > 0


def test_state_goes_on_where_it_was_saved(encoder: nn.Module) -> None:
    method, steps = create(encoder), [views() for _ in range(6)]

    def run(one: Method, first: int, last: int) -> list[float]:
        values = []
        for step in range(first, last):
            one.begin(encoder, Moment(step, 6, 1))
            values.append(one(steps[step], [], torch.arange(4)).item())
        return values

    run(method, 0, 4)
    saved = {name: value.clone() for name, value in method.state_dict().items()}
    straight = run(method, 4, 6)
    resumed = create(encoder)
    resumed.load_state_dict(saved)
    assert run(resumed, 4, 6) == straight


def test_counts_the_prototypes_in_use(encoder: nn.Module) -> None:
    method = create(encoder)
    method.begin(encoder, Moment(0, 1, 1))
    same = [torch.ones(4, 3, dtype=torch.float64)] * 2
    method(same, [], torch.arange(4))
    assert method.measure() == {"distinct_prototypes": 1.0}


def test_trains_as_a_whole(encoder: nn.Module) -> None:
    method = create(encoder, queue_size=0, frozen_epochs=0)
    optimizer = torch.optim.Adam([*encoder.parameters(), *method.parameters()], lr=0.01)
    waveforms = torch.randn(16, 4, dtype=torch.float64)
    values = []
    for step in range(30):
        method.begin(encoder, Moment(step, 30, 30))
        optimizer.zero_grad()
        noisy = [method.project(encoder(waveforms + 0.05 * torch.randn_like(waveforms))) for _ in range(2)]
        value = method(noisy, [], torch.arange(16))
        value.backward()
        optimizer.step()
        method.follow(encoder, Moment(step, 30, 30))
        values.append(value.item())
    assert sum(values[-8:]) < sum(values[:8])


@pytest.mark.parametrize("wrong", [{"prototypes": 0}, {"temperature": 0.0}, {"epsilon": -1.0}, {"iterations": 0}])
def test_refuses_bad_values(encoder: nn.Module, wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected at least 1 prototype"):
        create(encoder, **wrong)


def test_queues_hold_the_recordings_own_projections_where_others_stood_for_them(encoder: nn.Module) -> None:
    method, own, others = create(encoder), views(), views()
    method.begin(encoder, Moment(5, 10, 5))
    method([own[0], others[1]], [], torch.arange(4), (own, []))
    for queue, view in zip(method.queues, own, strict=True):
        torch.testing.assert_close(queue.directions[:4], (view / view.norm(dim=1, keepdim=True)).detach())
