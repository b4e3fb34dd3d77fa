"""`voxmetric simulate` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from voxmetric.cli import main


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", *map(str, arguments)])
    assert not caught.value.code


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", *map(str, arguments)])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_it_writes_the_same_in_another_process(
    tiny_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--where", "split=train", "-n", 2, "--speakers", "2-3", "--seconds", "8-12", "--snr=-5-20"]
    run(tiny_corpus, *options, "-o", tmp_path / "one", "--json", "--quiet")
    summary = json.loads(capsys.readouterr().out)
    assert summary["conversations"] == 2
    assert summary["overlap_wanted"] == 0.1
    command = [sys.executable, "-m", "voxmetric", "simulate", tiny_corpus, *options, "-o", tmp_path / "two", "--quiet"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 conversations" in done.stdout
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_bad_input(tiny_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = ["-o", tmp_path / "out", "--quiet"]
    assert "--speakers: expected a number or LOW-HIGH" in fails(capsys, tiny_corpus, "--speakers", "few", *output)
    assert "whole numbers" in fails(capsys, tiny_corpus, "--speakers", "2.5", *output)
    assert "expected --where COLUMN=VALUE" in fails(capsys, tiny_corpus, "--where", "dev", *output)
    assert "overlap is 0.9" in fails(capsys, tiny_corpus, "--overlap", "0.9", *output)
    assert "folder with impulse responses" in fails(capsys, tiny_corpus, "--room", "hall", *output)
