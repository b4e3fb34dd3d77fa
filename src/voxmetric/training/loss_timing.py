"""What the objective alone costs, apart from the encoder."""

from __future__ import annotations

import time

import numpy as np
import torch

from voxmetric.training.objective import Objective

REPETITIONS = 20


def loss_milliseconds(objective: Objective, numbers: torch.Tensor) -> float:
    """Median time of a loss and its gradients on random embeddings; the objective's state is put back afterwards.

    Args:
        objective: what is timed, without its encoder.
        numbers: (N,) int64, speakers or recordings of this process's share of a batch.
    """
    kept = {name: tensor.clone() for name, tensor in objective.state_dict().items()}
    parameters = [one for one in objective.judge.parameters() if one.requires_grad]
    times = []
    for _ in range(REPETITIONS):
        embeddings, targets = objective.random_inputs(len(numbers))
        started = time.perf_counter()
        value = objective.compare(embeddings, targets, numbers)
        torch.autograd.grad(value, [*embeddings, *parameters], allow_unused=True)
        value.detach().item()
        times.append(time.perf_counter() - started)
    objective.load_state_dict(kept)
    return float(np.median(times)) * 1000
