"""Two processes must take the same steps as one with the whole batch, queues and slow copies included."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("take_steps.py")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
pytestmark = pytest.mark.slow
METHODS = ["simclr", "moco", "byol", "simsiam", "barlow_twins", "vicreg", "w_mse"]


@pytest.fixture(scope="module")
def steps_taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for name, launcher in (("alone", [sys.executable]), ("together", TORCHRUN)):
        folders[name] = tmp_path_factory.mktemp(name)
        command = [*launcher, str(SCRIPT), str(folders[name])]
        subprocess.run(command, check=True, env=environment, timeout=300)
    return folders


@pytest.mark.parametrize("name", METHODS)
def test_two_processes_equal_one(name: str, steps_taken: dict[str, Path]) -> None:
    alone = torch.load(steps_taken["alone"] / f"{name}-0.pt", weights_only=True)
    for rank in (0, 1):
        together = torch.load(steps_taken["together"] / f"{name}-{rank}.pt", weights_only=True)
        assert together.keys() == alone.keys()
        for key, value in alone.items():
            # Every process has the whole batch before a predictor, so that its running variance, which nothing uses,
            # takes the batch to be as many times larger.
            if not (key.startswith("method.predictor") and key.endswith("running_var")):
                torch.testing.assert_close(together[key], value, rtol=1e-6, atol=1e-9)
