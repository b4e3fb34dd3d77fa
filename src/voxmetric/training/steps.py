"""One update: embeddings of this process's crops, the loss of the whole batch, gradients, the optimiser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from voxmetric.encoders.encoder import Encoder
from voxmetric.losses.loss import Loss
from voxmetric.training.distributed import ProcessGroup, average_gradients, global_batch


class GlobalObjective(nn.Module):
    """Encoder and loss as one module from this process's waveforms to the loss of the batch over all processes."""

    def __init__(self, encoder: Encoder, loss: Loss, group: ProcessGroup, in_bfloat16: bool) -> None:
        super().__init__()
        self.encoder, self.loss, self.group, self.in_bfloat16 = encoder, loss, group, in_bfloat16

    def forward(self, waveforms: Tensor, labels: Tensor) -> Tensor:
        """Loss of the global batch; `waveforms` (N, T) and `labels` (N,) are this process's share of it."""
        with torch.autocast(self.group.device.type, torch.bfloat16, enabled=self.in_bfloat16):
            embeddings = self.encoder(waveforms)
        everywhere: Tensor = self.loss(global_batch(embeddings, self.group), global_batch(labels, self.group))
        return everywhere


@dataclass(frozen=True)
class StepResult:
    """Loss and gradient norm of one update; `applied` is false when either was not finite and nothing was changed."""

    loss: float
    gradient_norm: float
    applied: bool


class Stepper:
    """Makes updates that depend only on the state of the parts, the batch and `(seed, step)`."""

    def __init__(
        self, objective: GlobalObjective, optimizer: torch.optim.Optimizer, *, gradient_clip: float, seed: int
    ) -> None:
        self.objective, self.optimizer = objective, optimizer
        self.gradient_clip, self.seed = gradient_clip, seed

    def set_learning_rate(self, value: float) -> None:
        """Use `value` from the next update on."""
        for group in self.optimizer.param_groups:
            group["lr"] = value

    def update(self, step: int, waveforms: Tensor, labels: Tensor) -> StepResult:
        """One update with this process's share of the batch."""
        drawn = int(np.random.SeedSequence([self.seed, step]).generate_state(1)[0])
        # The loss sees the whole batch and draws alike in every process; dropout masks belong to this one's share.
        torch.manual_seed(drawn + self.objective.group.rank)
        self.objective.loss.reseed(drawn)
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.objective(waveforms, labels)
        loss.backward()
        parameters = [one for group in self.optimizer.param_groups for one in group["params"] if one.grad is not None]
        average_gradients(parameters, self.objective.group)
        norm = nn.utils.get_total_norm([one.grad for one in parameters])
        values = torch.stack([loss.detach().float(), norm.float()]).tolist()
        finite = bool(np.isfinite(values).all())
        if finite:
            if self.gradient_clip:
                nn.utils.clip_grads_with_norm_(parameters, self.gradient_clip, norm)
            self.optimizer.step()
        return StepResult(values[0], values[1], finite)
