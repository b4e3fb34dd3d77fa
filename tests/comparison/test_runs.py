from __future__ import annotations

import os
from pathlib import Path

import pytest

from voxmetric.comparison import runs
from voxmetric.comparison.runs import RunState
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import LOG, Progress

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


def test_a_run_stops_when_its_comparison_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []

    def train(_recipe: object, _folder: object, watch: object) -> None:
        assert callable(watch)
        for step in range(3):
            steps.append(step)
            watch(Progress(step, 3, 0.0, None, 1.0, 0))

    monkeypatch.setattr(runs, "train", train)
    runs._train_in_child(RECIPE, tmp_path, os.getppid())
    assert steps == [0, 1, 2]
    steps.clear()
    with pytest.raises(KeyboardInterrupt):
        runs._train_in_child(RECIPE, tmp_path, os.getppid() + 1)
    assert steps == [0]
