"""`voxmetric evaluate --reference`: the table, JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import voxmetric as vm
from voxmetric.cli import main


def run(*arguments: object) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference of twelve recordings, a good and a poor hypothesis, and one of a single recording."""
    folder = tmp_path_factory.mktemp("diarization")
    rng = np.random.default_rng(0)
    lines: dict[str, list[str]] = {"truth": [], "good": [], "poor": [], "single": []}
    for recording in range(12):
        for start in range(0, 100, 5):
            speaker = int(rng.integers(0, 3))
            found = {"truth": speaker, "good": speaker if rng.random() < 0.9 else 3, "poor": int(rng.integers(0, 3))}
            for name, who in found.items():
                lines[name].append(f"SPEAKER r{recording} 1 {start}.0 5.0 <NA> <NA> {name}{who} <NA> <NA>\n")
    lines["single"] = [line for line in lines["good"] if " r3 " in line]
    for name, text in lines.items():
        (folder / f"{name}.rttm").write_text("".join(text))
    return folder


def evaluate(folder: Path, *arguments: object) -> int:
    return run("evaluate", "--reference", folder / "truth.rttm", *arguments)


def test_two_systems_are_compared(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    systems = [folder / "good.rttm", folder / "poor.rttm"]
    assert evaluate(folder, "--hypothesis", *systems, "--collar", 0.25, "--per-recording", "-o", tmp_path) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "good is better than poor: DER" in printed
    assert "good is better than poor: JER" in printed
    assert "collar 0.25 s on each side of reference boundaries" in printed
    assert "only 12 recordings" in printed
    assert "r11" in printed
    found = json.loads((tmp_path / "results.json").read_text())
    error = vm.metrics.diarization_error(folder / "truth.rttm", systems[0], collar=0.25)
    figure = found["systems"][0]["metrics"]["der"]
    assert figure["value"] == pytest.approx(error.rate)
    assert figure["low"] < figure["value"] < figure["high"]
    assert [pair["metric"] for pair in found["pairs"]] == ["der", "jer"]


def test_equal_systems_tie_and_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "again.rttm").write_text((folder / "good.rttm").read_text())
    assert evaluate(folder, "--hypothesis", folder / "good.rttm", folder / "again.rttm", "--resamples", 100) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "good and again tie: DER" in printed
    assert "A tie means" in printed


def test_missing_recordings_count_as_missed_and_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(folder, "--hypothesis", folder / "single.rttm", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["num_recordings"] == 12
    assert found["systems"][0]["metrics"]["missed"]["value"] == pytest.approx(11 / 12)
    assert "11 of 12 recordings missing in the hypothesis" in found["systems"][0]["notes"][0]
    assert evaluate(folder, "--hypothesis", folder / "single.rttm", "--protocol", "narayanaswamy_2019") == 2
    assert "does not count missed speech" in capsys.readouterr().err


def test_one_recording_has_no_interval(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--reference", folder / "single.rttm", "--hypothesis", folder / "poor.rttm"]
    assert run("evaluate", *arguments, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["systems"][0]["metrics"]["der"]["low"] is None
    assert run("evaluate", *arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "One recording says nothing of others" in printed
    assert "11 of 12 recordings in the hypothesis but not in the reference" in printed


def test_a_folder_of_files_is_one_system(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = (folder / "good.rttm").read_text().splitlines(keepends=True)
    for name in {line.split()[1] for line in lines}:
        (tmp_path / f"{name}.rttm").write_text("".join(line for line in lines if f" {name} " in line))
    assert evaluate(folder, "--hypothesis", tmp_path, folder / "good.rttm", "--json") == 0
    one, other = json.loads(capsys.readouterr().out)["systems"]
    assert one["metrics"] == other["metrics"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--reference", "truth.rttm"], "--hypothesis with those found"),
        (["--hypothesis", "truth.rttm"], "expected --reference"),
        (["--collar", "0.25"], "expected --reference"),
        (["runs/a", "--reference", "truth.rttm", "--hypothesis", "b.rttm"], "a mixture of both"),
        ([], "or --reference and --hypothesis for diarization"),
        (["--reference", "none.rttm", "--hypothesis", "b.rttm"], "cannot read none.rttm"),
    ],
)
def test_half_of_what_is_needed_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", *arguments) == 2
    assert complaint in capsys.readouterr().err
