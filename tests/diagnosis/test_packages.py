"""Packages and extras: what is declared is what is looked at, and the commands mend what is missing."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from voxmetric.diagnosis import packages

DECLARED = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def installed_from_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No source folder; the metadata of a wheel instead."""
    monkeypatch.setattr(packages, "SOURCE", tmp_path)
    metadata = ["torch>=2.6", "numpy>=2.0", "av>=14.0; extra == 'av'", 'lhotse>=1.30 ; extra == "corpora"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: metadata)


def test_every_package_of_the_base_is_looked_at() -> None:
    findings = packages.base_packages()
    assert [finding.name for finding in findings] == [line.partition(">=")[0] for line in DECLARED["dependencies"]]
    assert all(finding.ok and finding.required for finding in findings)


def test_every_extra_is_looked_at_and_has_a_purpose() -> None:
    extras = [extra for extra in DECLARED["optional-dependencies"] if extra != "dev"]
    assert [finding.name for finding in packages.extras()] == extras
    assert sorted(packages.PURPOSES) == sorted(extras)
    assert not any(finding.required for finding in packages.extras())


def test_missing_package_comes_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    (soxr,) = (finding for finding in packages.base_packages() if finding.name == "soxr")
    assert soxr.state == "broken"
    assert soxr.mend == packages.install_command("")


def test_missing_extra_comes_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    (av,) = (finding for finding in packages.extras() if finding.name == "av")
    assert av.state == "missing"
    assert av.mend.endswith("[av]'") or av.mend.endswith("[av]")


def test_package_that_is_too_old_is_not_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "requirements", lambda: {"": ["numpy>=1.0", "scipy>=99.1"]})
    numpy, scipy = packages.base_packages()
    assert numpy.ok
    assert scipy.state == "broken"
    assert "expected scipy 99.1 or newer, found" in scipy.found


def test_command_in_a_source_folder_installs_that_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.setattr(packages, "SOURCE", folder)
    (folder / "pyproject.toml").touch()
    pip = [sys.executable, "-m", "pip", "install"]
    assert shlex.split(packages.install_command("av")) == [*pip, "-e", f"{folder}[av]"]
    (folder / "constraints.txt").touch()
    assert shlex.split(packages.install_command("")) == [*pip, "-c", f"{folder}/constraints.txt", "-e", str(folder)]


@pytest.mark.usefixtures("installed_from_an_index")
def test_without_a_source_folder_the_metadata_tell() -> None:
    assert packages.requirements() == {
        "": ["torch>=2.6", "numpy>=2.0"],
        "av": ["av>=14.0"],
        "corpora": ["lhotse>=1.30"],
    }
    pip = [sys.executable, "-m", "pip", "install"]
    assert shlex.split(packages.install_command("av")) == [*pip, "av>=14.0"]
    assert shlex.split(packages.install_command("")) == [*pip, "torch>=2.6", "numpy>=2.0"]
