"""Run by `test_distributed.py`, alone or under torchrun: three updates with each method, kept in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from voxmetric import encoders, selfsupervised
from voxmetric.training.distributed import ProcessGroup, process_group, synchronize_batch_normalization
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective
from voxmetric.training.steps import Stepper

STEPS, ROWS, RECORDINGS = 3, 8, 12
NARROW = {"projector_sizes": [6, 3]}
OPTIONS: dict[str, dict[str, Any]] = {
    "simclr": {"margin": 0.1},
    "moco": {"queue_size": 10, "margin": 0.1, "predictor_size": 4, "momentum": 0.5},
    "byol": {**NARROW, "predictor_size": 4, "momentum": 0.5},
    "simsiam": {**NARROW, "predictor_size": 4},
    "barlow_twins": NARROW,
    "vicreg": NARROW,
    "w_mse": {**NARROW, "group_size": 4},
}


def take_steps(name: str, group: ProcessGroup) -> dict[str, torch.Tensor]:
    """Losses of the updates and everything they changed, computed from this process's share of the batch."""
    torch.manual_seed(0)
    encoder = encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12)).double()
    method = selfsupervised.create(name, encoder, **OPTIONS[name]).double()
    waveforms = torch.randn(STEPS, 2, ROWS, 8000, dtype=torch.float64)
    numbers = torch.arange(STEPS * ROWS).view(STEPS, ROWS) % RECORDINGS
    objective = SelfSupervisedObjective(encoder, method, group, steps=STEPS, steps_per_epoch=2)
    synchronize_batch_normalization(objective, group)
    objective.train()
    share = ROWS // group.world_size
    own = slice(group.rank * share, (group.rank + 1) * share)
    trained = [one for one in objective.parameters() if one.requires_grad]
    stepper = Stepper(objective, torch.optim.SGD(trained, lr=0.1), gradient_clip=1.0, seed=3)
    values = [stepper.update(step, [*waveforms[step, :, own]], numbers[step, own]).loss for step in range(STEPS)]
    return {"values": torch.tensor(values, dtype=torch.float64), **objective.state_dict()}


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with process_group() as group:
        for name in OPTIONS:
            torch.save(take_steps(name, group), folder / f"{name}-{group.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
