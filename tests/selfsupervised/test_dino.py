from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Method, Moment

PAIRS = [(0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3)]  # two global views, two local ones


def create(encoder: nn.Module, **options: object) -> Method:
    torch.manual_seed(0)
    small = {"hidden_size": 6, "bottleneck_size": 3, "outputs": 7}
    return selfsupervised.create("dino", encoder, **(small | options)).double().train()


def unit(rows: Tensor) -> Tensor:
    return rows / rows.norm(dim=1, keepdim=True)


def views(count: int, rows: int = 3) -> list[Tensor]:
    return [unit(torch.randn(rows, 3, dtype=torch.float64)).requires_grad_() for _ in range(count)]


def published(method: Method, students: list[Tensor], teachers: list[Tensor], center: Tensor, heat: float) -> Tensor:
    """Equations 1 to 4 of the paper, pair by pair and row by row."""
    student_layer = unit(method.head.last_layer)
    teacher_layer = unit(method.teacher_head.module.last_layer)
    terms = []
    for one, other in PAIRS:
        for row in range(len(students[0])):
            wanted = ((teachers[one][row] @ teacher_layer.T - center) / heat).softmax(0)
            predicted = (students[other][row] @ student_layer.T / 0.1).softmax(0)
            terms.append(-(wanted * predicted.log()).sum())
    return torch.stack(terms).mean()


def test_is_the_published_formula_step_after_step(encoder: nn.Module) -> None:
    method = create(encoder, warmup_temperature=0.02, teacher_temperature=0.04, warmup_epochs=3)
    with torch.no_grad():
        method.teacher_head.module.last_layer.add_(0.3)
    center = torch.zeros(7, dtype=torch.float64)
    for step, heat in enumerate([0.02, 0.03, 0.04, 0.04]):
        method.begin(encoder, Moment(step, 4, 1))
        students, teachers = views(4), [one.detach() for one in views(2)]
        torch.testing.assert_close(
            method(students, teachers, torch.arange(3)), published(method, students, teachers, center, heat)
        )
        outputs = torch.cat(teachers) @ unit(method.teacher_head.module.last_layer).T
        center = 0.9 * center + 0.1 * outputs.mean(0)
        torch.testing.assert_close(method.center, center)


@pytest.mark.parametrize("epochs", [0, 1, 2, 5])
def test_the_temperature_warms_up_as_in_the_authors_code(encoder: nn.Module, epochs: int) -> None:
    method = create(encoder, warmup_temperature=0.02, teacher_temperature=0.07, warmup_epochs=epochs)
    expected = [*torch.linspace(0.02, 0.07, epochs).tolist(), *[0.07] * 8][:8]
    found = []
    for step in range(16):
        method.begin(encoder, Moment(step, 16, 2))
        found.append(method._temperature)
    assert found == pytest.approx([value for value in expected for _ in range(2)], rel=1e-6)


def test_the_momentum_rises_to_one_as_published(encoder: nn.Module) -> None:
    copy = create(encoder).teacher_encoder
    found = [copy.momentum_at(Moment(step, 40, 10)) for step in range(40)]
    assert found == pytest.approx([1 + 0.5 * (0.996 - 1) * (1 + math.cos(math.pi * step / 40)) for step in range(40)])


def test_the_centre_moves_in_training_only(encoder: nn.Module) -> None:
    method = create(encoder).eval()
    method(views(2), [one.detach() for one in views(2)], torch.arange(3))
    assert method.center.eq(0).all()


def test_gradient(encoder: nn.Module) -> None:
    method = create(encoder).eval()
    teachers = [one.detach() for one in views(2)]

    def loss(layer: Tensor, *students: Tensor) -> Tensor:
        return torch.func.functional_call(method, {"head.last_layer": layer}, (students, teachers, torch.arange(3)))

    assert torch.autograd.gradcheck(loss, (method.head.last_layer, *views(4)))


def test_the_teacher_follows_and_starts_as_the_student(encoder: nn.Module) -> None:
    method = create(encoder).eval()
    encoder.eval()
    waveforms = torch.randn(6, 4, dtype=torch.float64)
    torch.testing.assert_close(method.targets(waveforms), method.project(encoder(waveforms)))
    assert not method.targets(waveforms).requires_grad
    before = encoder.layer.weight.detach().clone()
    with torch.no_grad():
        encoder.layer.weight.add_(1.0)
        method.head.last_layer.add_(1.0)
    method.follow(encoder, Moment(5, 10, 10))
    share = 0.004 * (1 + math.cos(math.pi / 2)) / 2
    torch.testing.assert_close(method.teacher().layer.weight, before + share)
    assert not any(one.requires_grad for one in method.teacher().parameters())


def test_the_last_layer_stays_in_the_first_epoch(encoder: nn.Module) -> None:
    method = create(encoder)
    optimizer = torch.optim.SGD([one for one in method.parameters() if one.requires_grad], lr=0.1)
    drawn = method.head.last_layer.detach().clone()
    for step in range(4):
        method.begin(encoder, Moment(step, 4, 2))
        optimizer.zero_grad()
        method(views(4), [one.detach() for one in views(2)], torch.arange(3)).backward()
        optimizer.step()
        assert method.head.last_layer.equal(drawn) == (step < 2)


def test_outputs_are_cosines_whatever_the_norm_of_the_weights(encoder: nn.Module) -> None:
    head = create(encoder).head
    rows = views(1)[0]
    before = head.scores(rows)
    assert before.abs().max() <= 1
    with torch.no_grad():
        head.last_layer.mul_(5.0)
    torch.testing.assert_close(head.scores(rows), before)


def test_tells_collapse_from_sharp_outputs(encoder: nn.Module) -> None:
    method = create(encoder, outputs=4, bottleneck_size=4, teacher_temperature=0.001, warmup_temperature=0.001)
    with torch.no_grad():
        method.teacher_head.module.last_layer.copy_(torch.eye(4))
    students = [unit(torch.randn(4, 4, dtype=torch.float64))] * 2
    method.eval()
    method(students, [torch.eye(4, dtype=torch.float64)] * 2, torch.arange(4))
    told = method.measure()
    assert told["teacher_entropy"] == pytest.approx(0.0, abs=1e-9)
    assert told["teacher_marginal_entropy"] == pytest.approx(math.log(4))
    method(students, [torch.eye(4, dtype=torch.float64)[[0, 0, 0, 0]]] * 2, torch.arange(4))
    assert method.measure()["teacher_marginal_entropy"] == pytest.approx(0.0, abs=1e-9)


def test_state_goes_on_where_it_was_saved(encoder: nn.Module) -> None:
    method = create(encoder)
    steps = [(views(4), [one.detach() for one in views(2)]) for _ in range(4)]

    def run(one: Method, first: int, last: int) -> list[float]:
        values = []
        for step in range(first, last):
            one.begin(encoder, Moment(step, 4, 1))
            values.append(one(*steps[step], torch.arange(3)).item())
            one.follow(encoder, Moment(step, 4, 1))
        return values

    run(method, 0, 2)
    saved = {name: value.clone() for name, value in method.state_dict().items()}
    straight = run(method, 2, 4)
    resumed = create(encoder)
    resumed.load_state_dict(saved)
    assert run(resumed, 2, 4) == straight


@pytest.mark.parametrize(
    "wrong", [{"outputs": 0}, {"student_temperature": 0.0}, {"center_momentum": 1.5}, {"momentum": -1.0}]
)
def test_refuses_bad_values(encoder: nn.Module, wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="expected"):
        create(encoder, **wrong)
