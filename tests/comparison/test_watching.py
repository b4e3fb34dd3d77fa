from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.comparison import watching
from voxmetric.comparison.watching import SpentTime, Stage


def test_time_adds_up_over_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: now)
    first = SpentTime(tmp_path / "seconds.json")
    now = 130.0
    assert first.keep() == 30.0
    second = SpentTime(tmp_path / "seconds.json")
    now = 135.0
    assert second.keep() == 35.0


def test_a_stage_tells_its_name_and_size_and_keeps_the_time(tmp_path: Path) -> None:
    spent = SpentTime(tmp_path / "seconds.json")
    told: list[tuple[str, int, int]] = []
    stage = Stage(lambda name, finished, total, _: told.append((name, finished, total)), spent)
    stage.begin("training", 6)
    stage.tell(2, [])
    assert told == [("training", 0, 6), ("training", 2, 6)]
    assert float((tmp_path / "seconds.json").read_text()) > 0.0
    Stage(None, spent).begin("unwatched", 1)
