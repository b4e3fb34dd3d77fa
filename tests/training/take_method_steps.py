"""Run by `test_distributed_methods.py`, alone or under torchrun: updates with every method, kept in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from voxmetric import encoders, selfsupervised
from voxmetric.selfsupervised import positives
from voxmetric.training.distributed import ProcessGroup, process_group, synchronize_batch_normalization
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective
from voxmetric.training.steps import Stepper

NUM_RECORDINGS, SIZE, STEPS = 16, 8, 4
SMALL: dict[str, dict[str, Any]] = {
    "simclr": {"margin": 0.1},
    "moco": {"queue_size": 20, "predictor_size": 6},
    "byol": {"projector_sizes": [12, 6], "predictor_size": 8},
    "simsiam": {"projector_sizes": [12, 6], "predictor_size": 8},
    "barlow_twins": {"projector_sizes": [12, 6]},
    "vicreg": {"projector_sizes": [12, 6]},
    "w_mse": {"projector_sizes": [12, 2], "group_size": 4},
    "swav": {"projector_sizes": [12, 6], "prototypes": 5, "queue_size": 16, "queue_epoch": 0, "frozen_epochs": 1},
    "deepcluster": {"projector_sizes": [12, 6], "prototypes": [4, 4]},
    "dino": {"hidden_size": 12, "bottleneck_size": 6, "outputs": 9},
}
# Every method; positives from other recordings; a batch in chunks (of two crops a process, four alone).
CASES = [*SMALL, "simclr, bootstrapped", "moco, bootstrapped", "simclr, in chunks"]


def take_steps(case: str, group: ProcessGroup) -> dict[str, torch.Tensor]:
    """Losses of the updates and everything they changed, computed from this process's share of the batch."""
    name, _, variant = case.partition(", ")
    torch.manual_seed(0)
    # Batch normalisation takes its statistics of a chunk, which differs with the number of processes.
    options = {"channels": (6, 6, 6, 6, 12), "batch_norm": variant != "in chunks"}
    encoder = encoders.create("x_vector", embedding_size=8, **options).double()
    method = selfsupervised.create(name, encoder, num_recordings=NUM_RECORDINGS, **SMALL[name]).double()
    bootstrapped = positives.create(
        "neighbours" if variant == "bootstrapped" else "none",
        num_recordings=NUM_RECORDINGS,
        embedding_size=8,
        projection_size=8,
        seed=0,
        start_epoch=1,
        clusters=2,
        nearest=1,
        neighbours=3,
    )
    views = torch.randn(STEPS, 2, SIZE, 8000, dtype=torch.float64)
    recordings = torch.stack([torch.arange(SIZE) + SIZE * (step % 2) for step in range(STEPS)])
    objective = SelfSupervisedObjective(
        encoder,
        method,
        group,
        steps=STEPS,
        steps_per_epoch=NUM_RECORDINGS // SIZE,
        positives=bootstrapped.double() if bootstrapped else None,
        chunk_size=4 // group.world_size if variant == "in chunks" else 0,
    )
    synchronize_batch_normalization(objective, group)
    objective.train()
    share = SIZE // group.world_size
    own = slice(group.rank * share, (group.rank + 1) * share)
    optimizer = torch.optim.SGD([*encoder.parameters(), *method.parameters()], lr=0.1)
    stepper = Stepper(objective, optimizer, gradient_clip=1.0, seed=3)
    values = [stepper.update(step, list(views[step, :, own]), recordings[step, own]).loss for step in range(STEPS)]
    return {"values": torch.tensor(values, dtype=torch.float64), **objective.state_dict()}


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with process_group() as group:
        for case in CASES:
            torch.save(take_steps(case, group), folder / f"{case}-{group.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
