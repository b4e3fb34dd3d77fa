"""`voxmetric doctor` on a machine that works, and on one that does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voxmetric.cli import doctor as doctor_module
from voxmetric.cli import main
from voxmetric.diagnosis.finding import Finding

WORKING = Finding("wheel", "round")
MISSING = Finding("bell", "not there", ok=False, required=False, mend="pip install bell " + "x" * 200)
BROKEN = Finding("brake", "OSError: torn", ok=False, mend="pip install brake")


def checks(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(doctor_module, "CHECKS", {"Bicycle": lambda: list(findings)})


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def test_missing_extra_is_no_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    checks(monkeypatch, WORKING, MISSING)
    assert exit_code("doctor") == 0
    text = capsys.readouterr().out
    assert "The base works." in text
    assert f"To mend bell:\n  {MISSING.mend}\n" in text


def test_broken_base_exits_with_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    checks(monkeypatch, WORKING, BROKEN, MISSING)
    assert exit_code("doctor") == 1
    text = capsys.readouterr().out
    assert "Something of the base is broken." in text
    assert "To mend brake:\n  pip install brake\n" in text


def test_json_holds_every_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    checks(monkeypatch, WORKING, BROKEN)
    assert exit_code("doctor", "--json") == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["works"] is False
    assert [finding["state"] for finding in printed["findings"]["Bicycle"]] == ["ok", "broken"]
    assert printed["findings"]["Bicycle"][1]["mend"] == "pip install brake"


def test_this_machine_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("doctor", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["works"] is True
    assert list(printed["findings"]) == list(doctor_module.CHECKS)


def run_with_torch(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a new process that finds `source` in place of torch."""
    (folder / "torch.py").write_text(source, encoding="utf-8")
    path = os.pathsep.join([str(folder), str(Path(doctor_module.__file__).parents[2])])
    command = [sys.executable, "-m", "voxmetric", "doctor"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}, timeout=100
    )


def test_torch_that_does_not_import_is_told_with_the_command(tmp_path: Path) -> None:
    ended = run_with_torch("raise ImportError('libtorch.so: cannot open')", tmp_path)
    assert ended.returncode == 1, ended.stderr
    assert "libtorch.so: cannot open" in ended.stdout
    assert "To mend torch" in ended.stdout
    assert "pip install" in ended.stdout


def test_torch_that_kills_the_process_does_not_hide_the_machine(tmp_path: Path) -> None:
    ended = run_with_torch("import os\nos._exit(9)", tmp_path)
    assert ended.returncode == 9
    assert "cores usable" in ended.stdout
