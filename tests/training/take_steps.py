"""Run by `test_distributed.py`, alone or under torchrun: two updates with every objective, kept in a folder."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from voxmetric import encoders, losses
from voxmetric.training.distributed import ProcessGroup, process_group, synchronize_batch_normalization
from voxmetric.training.objective import SupervisedObjective
from voxmetric.training.steps import Stepper

NUM_SPEAKERS = 4
LABELS = torch.arange(NUM_SPEAKERS).repeat_interleave(2)
STEPS = 2
OPTIONS = {"moco": {"queue_size": 16}, "cross_batch": {"memory_size": 16}}


def take_steps(name: str, group: ProcessGroup) -> dict[str, torch.Tensor]:
    """Losses of two updates and everything they changed, computed from this process's share of the batch."""
    torch.manual_seed(0)
    encoder = encoders.create("x_vector", embedding_size=8, channels=(6, 6, 6, 6, 12)).double()
    options = OPTIONS.get(name, {})
    loss = losses.create(name, embedding_size=8, num_speakers=NUM_SPEAKERS, **options).double()
    waveforms = torch.randn(STEPS, len(LABELS), 8000, dtype=torch.float64)
    synchronize_batch_normalization(encoder, group)
    encoder.train()
    share = len(LABELS) // group.world_size
    own = slice(group.rank * share, (group.rank + 1) * share)
    optimizer = torch.optim.SGD([*encoder.parameters(), *loss.parameters()], lr=0.1)
    stepper = Stepper(SupervisedObjective(encoder, loss, group), optimizer, gradient_clip=1.0, seed=3)
    values = [stepper.update(step, waveforms[step, own], LABELS[own]).loss for step in range(STEPS)]
    state = {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    state |= {f"loss.{key}": value for key, value in loss.state_dict().items()}
    return {"values": torch.tensor(values, dtype=torch.float64), **state}


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with process_group() as group:
        for name in losses.available():
            # A sum is made of other losses and has none by default.
            if name != "weighted_sum":
                torch.save(take_steps(name, group), folder / f"{name}-{group.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
