from __future__ import annotations

from typing import Any

import pytest
import torch
from pytorch_metric_learning import losses as peers

from voxmetric import losses


@pytest.mark.parametrize(
    ("recordings", "scale", "margin", "expected"),
    [(256, 5, 0.0, 6.23637), (256, 5, 0.4, 8.23468), (200, 30, 0.1, 8.98658)],
)
def test_identical_embeddings(recordings: int, scale: float, margin: float, expected: float) -> None:
    loss = losses.create("nt_xent", temperature=1 / scale, margin=margin)
    value = loss(torch.ones(2 * recordings, 8), torch.arange(recordings).repeat(2))
    assert float(value) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("margin", "expected"), [(0.0, 1.489833), (0.4, 3.273038)])
def test_aligned_positives_and_orthogonal_negatives(margin: float, expected: float) -> None:
    labels = torch.arange(256).repeat(2)
    value = losses.create("nt_xent", temperature=0.2, margin=margin)(torch.eye(256)[labels], labels)
    assert float(value) == pytest.approx(expected, abs=1e-5)


def test_first_views_ask_in_the_form_that_is_not_symmetric() -> None:
    first, second = torch.randn(2, 5, 4, dtype=torch.float64)
    cosines = (first / first.norm(dim=1, keepdim=True)) @ (second / second.norm(dim=1, keepdim=True)).T
    expected = -torch.log_softmax(cosines / 0.2, 1).diagonal().mean()
    loss = losses.create("nt_xent", symmetric=False)
    torch.testing.assert_close(loss(torch.cat([first, second]), torch.arange(5).repeat(2)), expected)


@pytest.mark.parametrize("views", [2, 3])
@pytest.mark.parametrize(
    ("peer", "options"),
    [(peers.NTXentLoss, {"positives_compete": False}), (peers.SupConLoss, {"positives_compete": True})],
)
def test_parity(views: int, peer: Any, options: dict[str, Any]) -> None:
    x = torch.randn(6 * views, 5, dtype=torch.float64)
    labels = torch.arange(6).repeat(views)
    found = losses.create("nt_xent", temperature=0.1, **options)(x, labels)
    torch.testing.assert_close(found, peer(temperature=0.1)(x, labels))
