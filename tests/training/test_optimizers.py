from __future__ import annotations

import pytest
import torch
from torch import nn

from voxmetric.training.optimizers import create_optimizer
from voxmetric.training.recipe import OptimizerChoice


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_matrices_are_decayed_and_vectors_are_not(name: str) -> None:
    torch.manual_seed(0)
    layer, norm = nn.Linear(3, 4), nn.BatchNorm1d(4)
    choice = OptimizerChoice(name=name, learning_rate=0.1, weight_decay=0.5)  # type: ignore[arg-type]
    optimizer = create_optimizer(choice, [layer, norm])
    before = [one.detach().clone() for one in (layer.weight, layer.bias, norm.weight)]
    for parameter in [*layer.parameters(), *norm.parameters()]:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert layer.weight.detach().norm() < before[0].norm()
    torch.testing.assert_close(layer.bias.detach(), before[1])
    torch.testing.assert_close(norm.weight.detach(), before[2])


def test_sgd_takes_nesterovs_step() -> None:
    weight = nn.Linear(1, 1, bias=False)
    optimizer = create_optimizer(OptimizerChoice(name="sgd", learning_rate=0.1, momentum=0.9), [weight])
    start = weight.weight.item()
    weight.weight.grad = torch.ones_like(weight.weight)
    optimizer.step()
    assert weight.weight.item() == pytest.approx(start - 0.1 * (1 + 0.9))
