from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.optimizers import create_optimizer
from voxmetric.training.recipe import OptimizerChoice
from voxmetric.training.steps import Stepper


class Sums(nn.Module):
    """Stands for an objective whose gradients are known: 3 for each of four weights, 0.4 for one bias."""

    group = ProcessGroup(0, 1, torch.device("cpu"))

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.ones(2, 2))
        self.bias = nn.Parameter(torch.ones(1))

    def begin(self, step: int, seed: int) -> None:
        """Nothing to prepare."""

    def follow(self, step: int) -> None:
        """Nothing moves after the optimiser."""

    def forward(self) -> Tensor:
        return 3 * self.matrix.sum() + 0.4 * self.bias.sum()


def stepper(choice: OptimizerChoice, **options: Any) -> Stepper:
    objective: Any = Sums()
    return Stepper(objective, create_optimizer(choice, [objective]), seed=0, **options)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_scheduled_weight_decay_leaves_biases_alone(name: Any) -> None:
    made = stepper(OptimizerChoice(name=name, weight_decay=0.04), gradient_clip=0.0)
    made.set_weight_decay(0.3)
    held = {len(group["params"][0].shape): group["weight_decay"] for group in made.optimizer.param_groups}
    assert held == {2: 0.3, 1: 0.0}


def test_decoupled_decay_is_that_of_the_update() -> None:
    made = stepper(OptimizerChoice(name="adamw", learning_rate=0.1), gradient_clip=0.0)
    made.set_weight_decay(0.5)
    made.update(0)
    # AdamW: the weight shrinks by rate x decay, then takes a first step of the rate against the gradient's sign.
    torch.testing.assert_close(made.objective.matrix.detach(), torch.full((2, 2), 1 - 0.1 * 0.5 - 0.1))
    torch.testing.assert_close(made.objective.bias.detach(), torch.full((1,), 0.9))


@pytest.mark.parametrize(("each", "matrix", "bias"), [(False, 3 / 6.0133, 0.4 / 6.0133), (True, 0.5, 0.4)])
def test_gradients_are_clipped_together_or_each_by_its_own_norm(each: bool, matrix: float, bias: float) -> None:
    # The norms are 6 and 0.4, together 6.0133.
    made = stepper(OptimizerChoice(name="sgd", learning_rate=1.0, momentum=0.0), gradient_clip=1.0, clip_each=each)
    result = made.update(0)
    assert result.gradient_norm == pytest.approx(6.0133, abs=1e-4)
    torch.testing.assert_close(made.objective.matrix.detach(), torch.full((2, 2), 1 - matrix), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.objective.bias.detach(), torch.full((1,), 1 - bias), atol=1e-5, rtol=0)
