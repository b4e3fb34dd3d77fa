from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.losses.margins.adaface import AdaFaceMargin
from voxmetric.selfsupervised.method import Moment
from voxmetric.selfsupervised.moco import MoCo

STEPS, ROWS, QUEUE = 6, 3, 7


def create(encoder: nn.Module, **options: object) -> MoCo:
    torch.manual_seed(0)
    method = selfsupervised.create("moco", encoder, **({"queue_size": QUEUE} | options)).double().train()
    assert isinstance(method, MoCo)
    return method


def unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True)


def batches() -> list[tuple[Tensor, Tensor]]:
    """Six batches of three of nine recordings: two epochs, with the queue of seven reaching into the last one."""
    generator = torch.Generator().manual_seed(5)
    orders = [torch.randperm(9, generator=generator) for _ in range(2)]
    numbers = torch.cat(orders).view(STEPS, ROWS)
    return [(torch.randn(2, ROWS, 4, generator=generator, dtype=torch.float64), own) for own in numbers]


def train(method: MoCo, encoder: nn.Module) -> list[float]:
    optimizer = torch.optim.SGD([*encoder.parameters(), *method.parameters()], lr=0.5)
    losses = []
    for step, (waveforms, recordings) in enumerate(batches()):
        moment = Moment(step, STEPS, 3)
        method.begin(encoder, moment)
        projections = [method.project(encoder(view)) for view in waveforms]
        loss = method(projections, [method.targets(view) for view in waveforms], recordings)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        method.follow(encoder, moment)
        losses.append(loss.item())
    return losses


def plain_script(
    encoder: nn.Module, queues: list[list[Tensor]], *, temperature: float, margin: float, momentum: float
) -> tuple[list[float], list[Tensor], list[list[Tensor]]]:
    """Momentum contrast with lists and loops: losses, the copy's weights, and the queues."""
    weights = [one.detach().clone().requires_grad_() for one in encoder.parameters()]
    slow = [one.detach().clone() for one in weights]
    owners = [[-1] * QUEUE for _ in queues]
    position, losses = 0, []
    for waveforms, recordings in batches():
        loss = torch.zeros((), dtype=torch.float64)
        keys = [unit(view @ slow[0].T + slow[1]) for view in waveforms]
        for asking in (0, 1):
            queries = unit(waveforms[asking] @ weights[0].T + weights[1])
            for row in range(ROWS):
                positive = torch.dot(queries[row], keys[1 - asking][row]) - margin
                negatives = [
                    torch.dot(queries[row], past)
                    for past, owner in zip(queues[asking], owners[asking], strict=True)
                    if owner != int(recordings[row])
                ]
                logits = torch.stack([positive, *negatives]) / temperature
                loss = loss - (logits[0] - logits.exp().sum().log()) / (2 * ROWS)
        gradients = torch.autograd.grad(loss, weights)
        losses.append(loss.item())
        weights = [(one - 0.5 * slope).detach().requires_grad_() for one, slope in zip(weights, gradients, strict=True)]
        slow = [momentum * old + (1 - momentum) * new.detach() for old, new in zip(slow, weights, strict=True)]
        for row in range(ROWS):
            for asking in (0, 1):
                queues[asking][position] = keys[1 - asking][row]
                owners[asking][position] = int(recordings[row])
            position = (position + 1) % QUEUE
    return losses, slow, queues


@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_queues_and_copy_are_those_of_a_plain_script_step_by_step(encoder: nn.Module, margin: float) -> None:
    method = create(encoder, temperature=0.5, margin=margin, momentum=0.8)
    queues = [[*loss.reference.queue.directions.clone()] for loss in method.losses]
    losses, slow, queues = plain_script(copy.deepcopy(encoder), queues, temperature=0.5, margin=margin, momentum=0.8)
    assert train(method, encoder) == pytest.approx(losses)
    for own, expected in zip(method.slow_encoder.module.parameters(), slow, strict=True):
        torch.testing.assert_close(own, expected)
    for loss, queue in zip(method.losses, queues, strict=True):
        torch.testing.assert_close(loss.reference.queue.directions, torch.stack(queue))


def test_without_symmetry_the_first_view_alone_asks(encoder: nn.Module) -> None:
    both, one = create(encoder), create(encoder, symmetric=False)
    assert len(one.losses) == 1
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64)
    expected = both.losses[0](torch.cat([queries[0], keys[1]]), torch.arange(ROWS).repeat(2))
    torch.testing.assert_close(one([*queries], [*keys], torch.arange(ROWS)), expected)


def test_more_views_are_further_keys(encoder: nn.Module) -> None:
    method, direction = create(encoder, symmetric=False), create(encoder).losses[0]
    queries, keys = torch.randn(2, 3, ROWS, 5, dtype=torch.float64)
    expected = direction(torch.cat([queries[0], keys[1], keys[2]]), torch.arange(ROWS).repeat(3))
    torch.testing.assert_close(method([*queries], [*keys], torch.arange(ROWS)), expected)
    assert int(method.losses[0].reference.queue.filled) == 2 * ROWS


def test_margins_by_norm_see_the_raw_norms(encoder: nn.Module) -> None:
    method = create(encoder, margin_kind="adaface", margin_options={"momentum": 1.0})
    queries = 30 * torch.randn(2, ROWS, 5, dtype=torch.float64)
    method([*queries], [*torch.randn(2, ROWS, 5, dtype=torch.float64)], torch.arange(ROWS))
    for loss, view in zip(method.losses, queries, strict=True):
        assert isinstance(loss.margin, AdaFaceMargin)
        assert loss.margin.mean.item() == pytest.approx(view.norm(dim=1).clamp(max=100).mean().item())


def test_predictor_is_on_the_queries_alone(encoder: nn.Module) -> None:
    method = create(encoder, projector_sizes=[6, 3], predictor_size=4)
    waveforms = torch.randn(2, ROWS, 4, dtype=torch.float64)
    projections = [method.project(encoder(view)) for view in waveforms]
    method(projections, [method.targets(view) for view in waveforms], torch.arange(ROWS)).backward()
    assert [one.shape[1] for one in projections] == [3, 3]
    assert all(one.grad is not None for one in method.predictor.parameters())
    assert not list(create(encoder).predictor.parameters())


def test_keys_get_no_gradient(encoder: nn.Module) -> None:
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64).requires_grad_()
    loss = create(encoder)([*queries], [*keys], torch.arange(ROWS))
    of_queries, of_keys = torch.autograd.grad(loss, [queries, keys])
    assert of_queries.abs().sum() > 0
    assert of_keys.eq(0).all()


def test_gradient_of_the_queries(encoder: nn.Module) -> None:
    method = create(encoder, margin=0.1, margin_kind="additive_angular").eval()
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64)
    given = [view.clone().requires_grad_() for view in queries]
    assert torch.autograd.gradcheck(lambda *views: method(views, [*keys], torch.arange(ROWS)), given)


def test_margin_factor_and_measurements(encoder: nn.Module) -> None:
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64)
    plain, with_margin = (create(encoder, margin=margin).eval() for margin in (0.0, 0.3))
    full = with_margin([*queries], [*keys], torch.arange(ROWS))
    with_margin.set_margin_factor(0.0)
    without = with_margin([*queries], [*keys], torch.arange(ROWS))
    torch.testing.assert_close(without, plain([*queries], [*keys], torch.arange(ROWS)))
    assert full > without
    assert set(plain.measure()) == {"accuracy", "target_cosine", "hardest_negative_cosine"}
    cosine = (unit(queries[0]) * unit(keys[1])).sum(1).mean().item()
    assert plain.measure()["target_cosine"] == pytest.approx(cosine)


def test_saved_state_goes_on_alike(encoder: nn.Module) -> None:
    method = create(encoder)
    train(method, encoder)
    resumed = create(encoder)
    resumed.load_state_dict(method.state_dict())
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64)
    values = [one([*queries], [*keys], torch.arange(ROWS)) for one in (method, resumed)]
    assert values[0] == values[1]


def test_queues_hold_the_recordings_own_keys_where_others_stood_for_them(encoder: nn.Module) -> None:
    method, plain = create(encoder), create(encoder)
    queries, keys, others = torch.randn(3, 2, ROWS, 5, dtype=torch.float64)
    recordings = torch.tensor([4, 0, 7])
    loss = method([*queries], [*others], recordings, ([*queries], [*keys]))
    torch.testing.assert_close(loss, plain([*queries], [*others], recordings))
    for asking, direction in enumerate(method.losses):
        queue = direction.reference.queue
        assert queue.labels[:ROWS].tolist() == [4, 0, 7]
        torch.testing.assert_close(queue.directions[:ROWS], unit(keys[1 - asking]))
    # When one of those others asks, nothing of its own is among its negatives under a false number.
    for direction in method.losses:
        cosines = direction.reference.queue.directions @ unit(others.flatten(0, 1)).T
        assert cosines.max() < 1.0 - 1e-6


def test_nothing_joins_a_queue_in_evaluation(encoder: nn.Module) -> None:
    method = create(encoder).eval()
    queries, keys = torch.randn(2, 2, ROWS, 5, dtype=torch.float64)
    method([*queries], [*keys], torch.arange(ROWS))
    assert all(int(direction.reference.queue.filled) == 0 for direction in method.losses)
