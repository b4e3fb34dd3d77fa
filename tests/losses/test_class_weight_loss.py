"""The losses over class weights: published values, oracles, and parity with pytorch-metric-learning."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from pytorch_metric_learning import losses as peers

from voxmetric import losses

SIZES = {"embedding_size": 8, "num_speakers": 11}
PEER_SIZES = {"embedding_size": 8, "num_classes": 11}
PARITY = [
    ("normface", {"scale": 20.0}, peers.NormalizedSoftmaxLoss, {"temperature": 0.05}),
    ("am_softmax", {"margin": 0.35, "scale": 64.0}, peers.CosFaceLoss, {"margin": 0.35, "scale": 64}),
    ("aam_softmax", {"margin": math.radians(28.6), "scale": 64.0}, peers.ArcFaceLoss, {"margin": 28.6, "scale": 64}),
    (
        "subcenter_aam_softmax",
        {"margin": math.radians(20), "scale": 30.0, "centers": 4},
        peers.SubCenterArcFaceLoss,
        {"margin": 20, "scale": 30, "sub_centers": 4},
    ),
    ("sphereface", {"margin": 4.0, "scale": "norm"}, peers.SphereFaceLoss, {"margin": 4, "scale": 1}),
    ("sphereface", {"margin": 3.0, "scale": "norm"}, peers.SphereFaceLoss, {"margin": 3, "scale": 1}),
]


@pytest.mark.filterwarnings("ignore:__array_wrap__")  # of the peer, on NumPy 2
@pytest.mark.parametrize(("name", "options", "peer_class", "peer_options"), PARITY)
def test_parity(name: str, options: dict[str, Any], peer_class: Any, peer_options: dict[str, Any]) -> None:
    loss = losses.create(name, **SIZES, **options).double()
    peer = peer_class(**PEER_SIZES, **peer_options).double()
    peer.W.data = loss.weight.detach().reshape(-1, 8).T.clone()
    x = torch.randn(40, 8, dtype=torch.float64)
    x[:11] -= 3 * loss.weight.detach().reshape(11, -1, 8)[:, 0] * x[:11].norm(dim=1, keepdim=True)
    labels = torch.arange(40) % 11
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    value, expected = loss(ours, labels), peer(theirs, labels)
    value.backward()
    expected.backward()
    torch.testing.assert_close(value, expected)
    # Their arccos is clamped, so the last digits of a gradient near the ends may differ.
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(loss.weight.grad.reshape(-1, 8), peer.W.grad.T, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "options", "worst"),
    [
        ("normface", {"scale": 30.0}, 0.0),
        ("coco", {}, 0.0),
        ("am_softmax", {"margin": 0.3}, 0.3),
        ("aam_softmax", {"margin": 0.2}, 1 - math.cos(0.2)),
        ("sphereface", {"margin": 2.0}, 0.0),
    ],
)
def test_perfect_orthogonal_classes_reach_the_floor(name: str, options: dict[str, Any], worst: float) -> None:
    loss = losses.create(name, embedding_size=11, num_speakers=11, **options).double()
    with torch.no_grad():
        loss.weight.copy_(torch.eye(11))
    scale = loss.scale.fixed
    value = float(loss(3 * torch.eye(11, dtype=torch.float64), torch.arange(11)).detach())
    assert value == pytest.approx(math.log1p(10 * math.exp(-scale * (1 - worst))))


@pytest.mark.parametrize(
    "name",
    ["normface", "am_softmax", "aam_softmax", "subcenter_aam_softmax", "coco", "sphereface", "curricularface"],
)
@pytest.mark.parametrize("kind", ["none", "additive", "sphereface", "magface", "adaface"])
def test_any_margin_goes_with_any_name(name: str, kind: str) -> None:
    loss = losses.create(name, **SIZES, margin_kind=kind)
    same = losses.create("normface", **SIZES, margin_kind=kind, scale=loss.scale.fixed)
    if loss.weight.ndim == 2:
        same.load_state_dict(loss.state_dict())
        x, labels = torch.randn(6, 8), torch.arange(6)
        assert torch.equal(same(x, labels), loss(x, labels))


@pytest.mark.parametrize("name", ["aam_softmax", "subcenter_aam_softmax"])
def test_options_of_the_angular_margin(name: str) -> None:
    loss = losses.create(name, **SIZES, easy=True, monotone=False)
    assert (loss.margin.easy, loss.margin.monotone) == (True, False)
    with pytest.raises(ValueError, match="easy"):
        losses.create(name, **SIZES, easy=True, margin_kind="additive")


def test_coria_best_model_has_no_fall_back() -> None:
    loss = losses.create("aam_softmax", **SIZES, margin=0.05, scale=10.0, monotone=False).double()
    with torch.no_grad():
        loss.weight.copy_(torch.eye(11, 8))
    x = -torch.eye(8, dtype=torch.float64)[:1]
    logits = 10 * torch.tensor([math.cos(math.pi + 0.05), *([0.0] * 10)], dtype=torch.float64)
    expected = -torch.log_softmax(logits, 0)[0]
    torch.testing.assert_close(loss(x, torch.tensor([0])), expected)


def test_a_sample_of_the_speakers() -> None:
    loss = losses.create("am_softmax", **SIZES, sampled_speakers=5)
    comparison = loss.reference(torch.randn(3, 8), torch.tensor([0, 4, 9]))
    assert comparison.cosines.shape == (3, 5)


def test_learnable_scale_is_trained() -> None:
    loss = losses.create("normface", **SIZES, learn_scale=True)
    loss(torch.randn(3, 8), torch.tensor([0, 4, 9])).backward()
    assert loss.scale.raw.grad.abs() > 0
