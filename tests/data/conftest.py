"""Fixtures for the tests of the data layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.utterances import UtteranceTable


@pytest.fixture
def make_table(tmp_path: Path) -> Callable[..., UtteranceTable]:
    """Build a table whose speakers have the given numbers of utterances; sessions go round in threes."""

    def make(*counts: int, **columns: list[str]) -> UtteranceTable:
        pairs = [(f"s{speaker}", place) for speaker, count in enumerate(counts) for place in range(count)]
        made = {
            "path": [f"{speaker}/{place}.wav" for speaker, place in pairs],
            "speaker": [speaker for speaker, _ in pairs],
            "session": [f"{speaker}-{place % 3}" for speaker, place in pairs],
        }
        return UtteranceTable.from_columns(made | columns, tmp_path, "made")

    return make


@pytest.fixture
def write_noise() -> Callable[..., Path]:
    """Write a wav file of noise, another for each seed."""

    def write(
        path: Path, seed: int = 0, *, seconds: float = 1.0, level: float = 0.1, channels: int = 1, rate: int = 16000
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = np.random.default_rng(seed).uniform(-level, level, (round(seconds * rate), channels))
        soundfile.write(path, samples, rate, subtype="PCM_16")
        return path

    return write
