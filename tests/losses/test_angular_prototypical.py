from __future__ import annotations

import math

import pytest
import torch

from voxmetric import losses


@pytest.mark.parametrize(("speakers", "expected"), [(2, 4.5399e-5), (400, 0.0179525)])
def test_orthogonal_speakers(speakers: int, expected: float) -> None:
    labels = torch.arange(speakers).repeat(2)
    value = losses.create("angular_prototypical")(torch.eye(speakers)[labels], labels)
    assert float(value.detach()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["angular_prototypical", "ge2e", "prototypical"])
@pytest.mark.parametrize("speakers", [2, 7, 50])
def test_identical_embeddings_give_the_log_of_the_number_of_speakers(name: str, speakers: int) -> None:
    value = losses.create(name)(torch.ones(3 * speakers, 4), torch.arange(speakers).repeat(3))
    assert float(value.detach()) == pytest.approx(math.log(speakers), rel=1e-6)


def test_scale_starts_at_ten_and_learns() -> None:
    loss = losses.create("angular_prototypical")
    loss(torch.randn(6, 4), torch.arange(3).repeat(2)).backward()
    assert float(loss.scale(torch.ones(1)).detach()) == pytest.approx(10)
    assert loss.scale.raw.grad.abs() > 0
    assert [name for name, _ in loss.named_parameters()] == ["scale.raw"]


@pytest.mark.parametrize(("name", "kind"), [("am_prototypical", "additive"), ("aam_prototypical", "additive_angular")])
def test_points_with_a_margin(name: str, kind: str) -> None:
    x, labels = torch.randn(8, 4), torch.arange(4).repeat(2)
    whole = losses.create("angular_prototypical", scale=30.0, margin=0.3, margin_kind=kind, learn_scale=False)
    assert torch.equal(losses.create(name, margin=0.3)(x, labels), whole(x, labels))
