from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from voxmetric import selfsupervised
from voxmetric.losses import margins
from voxmetric.losses.margins.adaface import AdaFaceMargin
from voxmetric.selfsupervised.simclr import SimCLR


def create(encoder: nn.Module, **options: object) -> SimCLR:
    torch.manual_seed(0)
    method = selfsupervised.create("simclr", encoder, **options).double().train()
    assert isinstance(method, SimCLR)
    return method


def views(count: int = 2, rows: int = 4) -> list[Tensor]:
    return [torch.randn(rows, 3, dtype=torch.float64) for _ in range(count)]


def naive(first: Tensor, second: Tensor, scale: float, margin: float, angular: bool, symmetric: bool) -> Tensor:
    """Anchor by anchor, as the two papers have it."""
    unit = [row / row.norm() for row in (*first, *second)]
    number, losses = len(first), []
    for anchor in range(2 * number if symmetric else number):
        positive = (anchor + number) % (2 * number)
        others = [one for one in range(2 * number) if one not in (anchor, positive)]
        negatives = others if symmetric else [one for one in others if one >= number]
        cosine = torch.dot(unit[anchor], unit[positive])
        penalised = (cosine.arccos() + margin).cos() if angular else cosine - margin
        logits = torch.stack([penalised, *(torch.dot(unit[anchor], unit[other]) for other in negatives)])
        losses.append(-(scale * logits).log_softmax(0)[0])
    return torch.stack(losses).mean()


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize(("kind", "margin"), [(None, 0.0), ("additive", 0.4), ("additive_angular", 0.1)])
def test_is_the_published_formula(encoder: nn.Module, symmetric: bool, kind: str | None, margin: float) -> None:
    method = create(encoder, temperature=0.2, margin=margin, margin_kind=kind, symmetric=symmetric)
    first, second = given = views()
    expected = naive(first, second, 5, margin, kind == "additive_angular", symmetric)
    torch.testing.assert_close(method(given, [], torch.tensor([3, 9, 0, 4])), expected)


@pytest.mark.parametrize(
    ("rows", "scale", "margin", "expected"), [(256, 5, 0, 6.23637), (256, 5, 0.4, 8.23468), (200, 30, 0.1, 8.98658)]
)
def test_identical_embeddings(encoder: nn.Module, rows: int, scale: float, margin: float, expected: float) -> None:
    method = create(encoder, temperature=1 / scale, margin=margin)
    same = torch.ones(rows, 3, dtype=torch.float64)
    value = method([same, same], [], torch.arange(rows)).item()
    assert value == pytest.approx(math.log(1 + (2 * rows - 2) * math.exp(scale * margin)))
    assert value == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("margin", "expected"), [(0.0, 1.489833), (0.4, 3.273038)])
def test_aligned_positives_and_orthogonal_negatives(encoder: nn.Module, margin: float, expected: float) -> None:
    method = create(encoder, temperature=0.2, margin=margin)
    apart = torch.eye(256, dtype=torch.float64)
    assert method([apart, apart], [], torch.arange(256)).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", margins.available())
def test_every_margin_has_the_gradient_of_its_value(encoder: nn.Module, kind: str) -> None:
    method = create(encoder, temperature=0.5, margin_kind=kind).eval()
    given = [(20 * view).requires_grad_() for view in views(3)]
    if kind == "adaface":  # takes the norms as given: a sign of quality, not of the loss
        given = [view.detach() / view.detach().norm(dim=1, keepdim=True) * 20 for view in given]
        direction = torch.linalg.cross(given[0], given[1])

        def turned(angle: Tensor) -> Tensor:
            moved = given[0] * angle.cos() + direction / direction.norm(dim=1, keepdim=True) * 20 * angle.sin()
            return method([moved, *given[1:]], [], torch.arange(4))

        assert torch.autograd.gradcheck(turned, torch.tensor(0.3, dtype=torch.float64, requires_grad=True))
        return
    assert torch.autograd.gradcheck(lambda *all_views: method(all_views, [], torch.arange(4)), given)


def test_margins_by_norm_see_the_raw_norms(encoder: nn.Module) -> None:
    method = create(encoder, margin_kind="adaface", margin_options={"momentum": 1.0})
    given = [10 * view for view in views()]
    method(given, [], torch.arange(4))
    assert isinstance(method.loss.margin, AdaFaceMargin)
    assert method.loss.margin.mean.item() == pytest.approx(torch.cat(given).norm(dim=1).mean().item())


def test_projects_where_asked(encoder: nn.Module) -> None:
    embeddings = torch.randn(4, 5, dtype=torch.float64)
    assert create(encoder).project(embeddings).equal(embeddings)
    assert create(encoder, projector_sizes=[7, 2]).project(embeddings).shape == (4, 2)


def test_margin_factor_and_measurements(encoder: nn.Module) -> None:
    method, given = create(encoder, margin=0.3), views()
    assert method.measure() == {}
    full = method(given, [], torch.arange(4))
    method.set_margin_factor(0.0)
    assert full > method(given, [], torch.arange(4))
    cosine = torch.cosine_similarity(*given).mean().item()
    assert method.measure()["target_cosine"] == pytest.approx(cosine)
