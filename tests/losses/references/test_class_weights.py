from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.angular import AngularLoss
from voxmetric.losses.margins import create
from voxmetric.losses.references import blockwise, class_weights
from voxmetric.losses.references.class_weights import ClassWeights
from voxmetric.losses.scale import Scale


@pytest.mark.parametrize("kind", ["none", "additive_angular", "curricularface", "adaface"])
@pytest.mark.parametrize("centers", [1, 2])
@pytest.mark.parametrize("learnable", [False, True])
@pytest.mark.parametrize("block_size", [1, 4, 10, 22])
def test_block_by_block_is_the_same(
    kind: str, centers: int, learnable: bool, block_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = AngularLoss(ClassWeights(6, 23, centers), create(kind), Scale(9.0, learnable)).double()
    x = torch.randn(8, 6, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 3, 4, 22, 3, 20, 19, 9])
    leaves = [x, *loss.parameters()]
    loss.eval()
    expected = loss(x, labels)
    gradients = torch.autograd.grad(expected, leaves)
    statistics = loss.statistics(x, labels)
    for module in (class_weights, blockwise):
        monkeypatch.setattr(module, "BLOCK_SIZE", block_size)
    found = loss(x, labels)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, leaves), gradients)
    assert loss.statistics(x, labels) == pytest.approx(statistics)


def test_starts_like_the_published_codes() -> None:
    weight = ClassWeights(300, 700).weight.detach()
    assert float(weight.std()) == pytest.approx((2 / 1000) ** 0.5, rel=0.02)


@pytest.mark.parametrize("sizes", [(0, 5, 1), (5, 0, 1), (5, 5, 0)])
def test_refuses_empty_sizes(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="at least 1"):
        ClassWeights(*sizes)
