from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.selfsupervised.byol import BYOL, byol
from voxmetric.selfsupervised.method import Moment


def create(encoder: nn.Module, **options: object) -> BYOL:
    torch.manual_seed(0)
    small = {"projector_sizes": [6, 3], "predictor_size": 7}
    method = selfsupervised.create("byol", encoder, **(small | options)).double().train()
    assert isinstance(method, BYOL)
    return method


def views(count: int = 2, rows: int = 4) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64) for _ in range(count)]


def test_is_the_published_formula() -> None:
    (p1, p2), (z1, z2) = views(), views()
    rows = range(len(p1))
    naive = sum(
        2 - 2 * torch.dot(p[row], z[row]) / (p[row].norm() * z[row].norm())
        for p, z in ((p1, z2), (p2, z1))
        for row in rows
    ) / len(rows)
    torch.testing.assert_close(byol([p1, p2], [z1, z2]), naive)


def test_more_views_count_as_the_mean_pair_of_them() -> None:
    predictions, targets = views(3), views(2)
    pairs = [byol([predictions[one]] * 2, [targets[other]] * 2) for one, other in ((0, 1), (1, 0), (2, 0), (2, 1))]
    torch.testing.assert_close(byol(predictions, targets), torch.stack(pairs).mean())


@given(st.integers(0, 10_000))
def test_lies_between_0_and_8(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    predictions, targets = torch.randn(2, 2, 3, 2, generator=generator, dtype=torch.float64)
    assert 0 <= byol(list(predictions), list(targets)) <= 8


def test_bounds_are_reached() -> None:
    one, other = views()
    assert byol([one, other], [other, one]).item() == pytest.approx(0, abs=1e-12)
    assert byol([one, other], [-other, -one]).item() == pytest.approx(8)


def test_gradient_goes_to_the_predictions_alone() -> None:
    predictions = [view.requires_grad_() for view in views()]
    targets = [view.requires_grad_() for view in views()]
    assert torch.autograd.gradcheck(lambda *given: byol(given, [target.detach() for target in targets]), predictions)
    byol(predictions, targets).backward()
    assert all(target.grad is None for target in targets)


def test_an_update_trains_projector_and_predictor_but_not_the_copy(encoder: nn.Module) -> None:
    method = create(encoder)
    waveforms = torch.randn(2, 6, 4, dtype=torch.float64)
    projections = [method.project(encoder(view)) for view in waveforms]
    targets = [method.targets(view) for view in waveforms]
    method(projections, targets, torch.arange(6)).backward()
    trained = [one for part in (encoder, method.projector, method.predictor) for one in part.parameters()]
    assert all(one.grad is not None for one in trained)
    assert not any(
        one.requires_grad for part in (method.slow_encoder, method.slow_projector) for one in part.parameters()
    )


def test_the_copy_follows_encoder_and_projector(encoder: nn.Module) -> None:
    method = create(encoder, momentum=0.5, final_momentum=None)
    before = [one.clone() for one in (*method.slow_encoder.parameters(), *method.slow_projector.parameters())]
    with torch.no_grad():
        for one in (*encoder.parameters(), *method.projector.parameters()):
            one.add_(1.0)
    method.follow(encoder, Moment(0, 10, 5))
    after = [*method.slow_encoder.parameters(), *method.slow_projector.parameters()]
    for old, new in zip(before, after, strict=True):
        torch.testing.assert_close(new, old + 0.5)
    assert method.teacher() is method.slow_encoder.module


def test_momentum_rises_to_one(encoder: nn.Module) -> None:
    method = create(encoder)
    assert method.slow_encoder.momentum_at(Moment(0, 10, 5)) == 0.996
    assert method.slow_encoder.momentum_at(Moment(10, 10, 5)) == 1.0
