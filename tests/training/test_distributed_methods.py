"""Two processes must take the same steps as one with the whole batch, for every method without labels."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from voxmetric import selfsupervised

SCRIPT = Path(__file__).with_name("take_method_steps.py")
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
CASES: list[str] = runpy.run_path(str(SCRIPT))["CASES"]


@pytest.fixture(scope="module")
def steps_taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    for name, launcher in (("alone", [sys.executable]), ("together", TORCHRUN)):
        folders[name] = tmp_path_factory.mktemp(name)
        command = [*launcher, str(SCRIPT), str(folders[name])]
        subprocess.run(command, check=True, env=environment, timeout=300)
    return folders


def test_every_method_is_there() -> None:
    assert {case.partition(", ")[0] for case in CASES} == set(selfsupervised.available())


@pytest.mark.parametrize("case", CASES)
def test_two_processes_equal_one(case: str, steps_taken: dict[str, Path]) -> None:
    alone = torch.load(steps_taken["alone"] / f"{case}-0.pt", weights_only=True)
    assert torch.isfinite(alone["values"]).all()
    for rank in (0, 1):
        together = torch.load(steps_taken["together"] / f"{case}-{rank}.pt", weights_only=True)
        assert together.keys() == alone.keys()
        for key, value in alone.items():
            # A predictor sees the whole batch in every process; its unbiased running variance counts it twice.
            if not (".predictor." in key and key.endswith("running_var")):
                torch.testing.assert_close(together[key], value, rtol=1e-6, atol=1e-9)
