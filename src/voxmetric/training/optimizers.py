"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from voxmetric.training.recipe import OptimizerChoice


def create_optimizer(choice: OptimizerChoice, modules: Iterable[nn.Module]) -> Optimizer:
    """The optimiser of `choice` over all parameters of `modules`.

    Vectors and numbers (biases, norms, scales) are not decayed: shrinking them does not regularise, it distorts.
    """
    parameters = [parameter for module in modules for parameter in module.parameters() if parameter.requires_grad]
    groups: list[dict[str, object]] = [
        {"params": [one for one in parameters if one.dim() > 1], "weight_decay": choice.weight_decay},
        {"params": [one for one in parameters if one.dim() <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if choice.name == "sgd":
        return SGD(groups, lr=choice.learning_rate, momentum=choice.momentum, nesterov=choice.momentum > 0)
    kind = Adam if choice.name == "adam" else AdamW
    return kind(groups, lr=choice.learning_rate)
