from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from voxmetric.cli import progress
from voxmetric.cli.progress import comparison_progress, rounds_progress, training_progress
from voxmetric.comparison.runs import RunState
from voxmetric.training.trainer import Progress


@pytest.fixture(params=[True, False], ids=["terminal", "file"])
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, io.StringIO]:
    """Whether standard error is a terminal, and what is written to it."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=request.param, width=160)
    monkeypatch.setattr(progress, "Console", lambda **_: console)
    return request.param, written


def test_a_training_shows_loss_error_speed_and_skips_on_a_terminal_only(shown: tuple[bool, io.StringIO]) -> None:
    terminal, written = shown
    with training_progress("tiny", quiet=False) as watch:
        watch(Progress(5, 10, 1.25, 0.125, 321.0, 3))
    text = written.getvalue()
    for part in ("tiny", "5/10", "loss 1.250", "development EER 12.50 %", "321 crops/s", "3 unreadable replaced"):
        assert (part in text) == terminal, part


@pytest.mark.parametrize("quiet", [False, True])
def test_what_there_is_to_know_about_the_data_is_said_once(shown: tuple[bool, io.StringIO], quiet: bool) -> None:
    with training_progress("tiny", quiet=quiet) as watch:
        for step in (1, 2, 3):
            watch(Progress(step, 3, 1.25, None, 321.0, 0, remark="3 of 5 are short"))
    assert shown[1].getvalue().count("voxmetric: 3 of 5 are short\n") == 1


def test_a_comparison_shows_its_parts_and_the_runs_under_way(shown: tuple[bool, io.StringIO]) -> None:
    terminal, written = shown
    with comparison_progress(quiet=False) as watch:
        watch("searching settings", 2, 2, [])
        watch("training", 1, 6, [RunState(Path("runs/triplet/seed-0"), 30, 300)])
    text = written.getvalue()
    for part in ("searching settings", "training", "1/6", "triplet 30/300"):
        assert (part in text) == terminal, part


def test_rounds_show_each_stage(shown: tuple[bool, io.StringIO]) -> None:
    terminal, written = shown
    with rounds_progress(quiet=False) as watch:
        watch("round 1: embedding", 30, 60, "")
        watch("round 1: clustering", 1, 1, "5 clusters, purity 0.750, NMI 0.500")
    text = written.getvalue()
    for part in ("round 1: embedding", "30/60", "round 1: clustering", "purity 0.750"):
        assert (part in text) == terminal, part


def test_quiet_is_quiet(shown: tuple[bool, io.StringIO]) -> None:
    with training_progress("tiny", quiet=True) as watch:
        watch(Progress(5, 10, 1.25, None, 321.0, 0))
    assert shown[1].getvalue() == ""
