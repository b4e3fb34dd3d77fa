from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.training.log import TrainingLog, read_log


def test_records_after_the_checkpoint_are_dropped_on_resumption(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = TrainingLog(path, 0)
    for step in (10, 20, 30):
        log.write(step, loss=step / 10)
    log.close()
    resumed = TrainingLog(path, 20)
    resumed.write(30, loss=-1.0)
    resumed.close()
    assert [(record["step"], record["loss"]) for record in read_log(path)] == [(10, 1.0), (20, 2.0), (30, -1.0)]


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    assert list(read_log(path)) == [{"step": 1, "loss": 2.0}]
    assert list(read_log(tmp_path / "none.jsonl")) == []


def test_tensorboard_gets_the_numbers(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
    log = TrainingLog(tmp_path / "log.jsonl", 0, tmp_path / "board")
    log.write(10, loss=1.5)
    log.close()
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "board")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 1.5)]
