"""The machine is described, and what torch cannot do is told."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest
import torch

from voxmetric.diagnosis import machine


def test_machine_is_described_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    findings = {finding.name: finding for finding in machine.machine()}
    assert all(finding.ok or not finding.required for finding in findings.values())
    assert platform.python_version() in findings["python"].found
    assert "cores usable" in findings["processor"].found
    assert str(Path.cwd()) in findings["disk"].found


def test_computing_tells_threads_and_gathers() -> None:
    findings = {finding.name: finding for finding in machine.computing()}
    assert all(finding.ok for finding in findings.values())
    assert findings["threads"].found.startswith(f"{torch.get_num_threads()} ")
    assert "gloo works" in findings["several processes"].found
    assert not torch.distributed.is_initialized()


def test_torch_without_gloo_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.distributed, "is_gloo_available", lambda: False)
    (finding,) = (finding for finding in machine.computing() if finding.name == "several processes")
    assert finding.state == "broken"
    assert "no gloo" in finding.found
