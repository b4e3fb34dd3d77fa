"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_speech() -> Path:
    """The folder of real recordings, where there is one."""
    folder = os.environ.get("VOXMETRIC_DATA")
    if not folder:
        pytest.skip("VOXMETRIC_DATA is not set: no real speech on this machine")
    return Path(folder)
