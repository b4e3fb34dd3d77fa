"""Optimisers by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from voxmetric.training.recipe import OptimizerChoice

# Key of an optimiser's group under which its factor of the learning rate stands.
RATE_FACTOR = "rate_factor"

# Key of an optimiser's group under which stands whether its weights are decayed.
DECAYED = "decayed"


def create_optimizer(
    choice: OptimizerChoice, modules: Iterable[nn.Module], rate_factors: Mapping[nn.Parameter, float] | None = None
) -> Optimizer:
    """The optimiser of `choice` over all parameters of `modules`.

    Vectors and numbers (biases, norms, scales) are not decayed: shrinking them does not regularise, it distorts.

    Args:
        choice: of the recipe.
        modules: whose parameters are trained.
        rate_factors: of the learning rate, by parameter; 1 where there is none.
    """
    parameters = [parameter for module in modules for parameter in module.parameters() if parameter.requires_grad]
    factors = rate_factors or {}
    grouped: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for parameter in parameters:
        grouped.setdefault((factors.get(parameter, 1.0), parameter.dim() > 1), []).append(parameter)
    groups = [
        {
            "params": members,
            "weight_decay": choice.weight_decay if decayed else 0.0,
            RATE_FACTOR: factor,
            DECAYED: decayed,
        }
        for (factor, decayed), members in sorted(grouped.items(), reverse=True, key=lambda group: group[0])
    ]
    if choice.name == "sgd":
        return SGD(groups, lr=choice.learning_rate, momentum=choice.momentum, nesterov=choice.momentum > 0)
    kind = Adam if choice.name == "adam" else AdamW
    return kind(groups, lr=choice.learning_rate)
