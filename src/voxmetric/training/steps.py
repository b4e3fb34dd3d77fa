"""One update: the loss of the whole batch, gradients, the optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from voxmetric.training.distributed import average_gradients
from voxmetric.training.objective import Objective
from voxmetric.training.optimizers import DECAYED, RATE_FACTOR


@dataclass(frozen=True)
class StepResult:
    """Loss and gradient norm of one update; `applied` is false when either was not finite and nothing was changed."""

    loss: float
    gradient_norm: float
    applied: bool


class Stepper:
    """Makes updates that depend only on the state of the parts, the batch and `(seed, step)`."""

    def __init__(
        self,
        objective: Objective,
        optimizer: torch.optim.Optimizer,
        *,
        gradient_clip: float,
        seed: int,
        clip_each: bool = False,
    ) -> None:
        self.objective, self.optimizer = objective, optimizer
        self.gradient_clip, self.clip_each, self.seed = gradient_clip, clip_each, seed

    def set_learning_rate(self, value: float) -> None:
        """Use `value`, times the factor of each group of parameters, from the next update on."""
        for group in self.optimizer.param_groups:
            group["lr"] = value * group.get(RATE_FACTOR, 1.0)

    def set_weight_decay(self, value: float) -> None:
        """Decay what is decayed by `value` from the next update on."""
        for group in self.optimizer.param_groups:
            if group.get(DECAYED, False):
                group["weight_decay"] = value

    def update(self, step: int, *inputs: Any) -> StepResult:
        """One update with this process's share of the batch, as `Objective.inputs` gives it."""
        drawn = int(np.random.SeedSequence([self.seed, step]).generate_state(1)[0])
        # The loss sees the whole batch and draws alike in every process; dropout masks belong to this one's share.
        torch.manual_seed(drawn + self.objective.group.rank)
        self.objective.begin(step, drawn)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.objective(*inputs)
        loss.backward()
        parameters = [one for group in self.optimizer.param_groups for one in group["params"] if one.grad is not None]
        average_gradients(parameters, self.objective.group)
        norm = nn.utils.get_total_norm([one.grad for one in parameters])
        values = torch.stack([loss.detach().float(), norm.float()]).tolist()
        finite = bool(np.isfinite(values).all())
        if finite:
            if self.gradient_clip:
                self._clip(parameters, norm)
            self.optimizer.step()
            self.objective.follow(step)
        return StepResult(values[0], values[1], finite)

    def _clip(self, parameters: list[nn.Parameter], norm: torch.Tensor) -> None:
        if not self.clip_each:
            nn.utils.clip_grads_with_norm_(parameters, self.gradient_clip, norm)
            return
        gradients = [one.grad for one in parameters if one.grad is not None]
        norms = torch.stack(torch._foreach_norm(gradients))
        factors = (self.gradient_clip / (norms + 1e-6)).clamp(max=1.0)
        torch._foreach_mul_(gradients, list(factors.unbind()))
