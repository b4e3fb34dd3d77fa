from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from voxmetric.comparison import runs
from voxmetric.comparison.runs import RunState
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import LOG

RECIPE = from_mapping({"data": {"table": "t.csv"}, "training": {"steps": 70}})


@pytest.mark.parametrize(
    ("log", "step"),
    [
        (None, 0),
        ("", 0),
        ('{"step": 10, "loss": 1.0}\n{"step": 20, "loss": 1.0}\n', 20),
        ('{"step": 10, "loss": 1.0}\n{"step": 20, "lo', 10),
        ('{"step": 10, "loss": 1.0}\n' * 1000, 10),
    ],
)
def test_progress_is_the_last_whole_line_of_the_log(tmp_path: Path, log: str | None, step: int) -> None:
    if log is not None:
        (tmp_path / LOG).write_text(log)
    assert runs._state(tmp_path, RECIPE) == RunState(tmp_path, step, 70)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_processes_end_when_their_comparison_is_killed(tmp_path: Path) -> None:
    code = f"""
import os, time
from pathlib import Path
from voxmetric.comparison.runs import RunPool

def note_and_wait(folder):
    (folder / str(os.getpid())).touch()
    time.sleep(60)

if __name__ == "__main__":
    RunPool(1, None).map(note_and_wait, [(Path({str(tmp_path)!r}),)])
"""
    script = tmp_path / "script.py"
    script.write_text(code)
    parent = subprocess.Popen([sys.executable, str(script)])
    deadline = time.monotonic() + 60
    while not (children := [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    while alive(children[0]):
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.05)
