"""Fixtures of the augmentation tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def speech() -> np.ndarray:
    """Two seconds of coloured noise (32000,) float32."""
    white = np.random.default_rng(7).standard_normal(32_000)
    return (0.1 * np.convolve(white, np.ones(8) / 8, "same")).astype(np.float32)


@pytest.fixture
def folder_with(tmp_path: Path) -> Callable[..., Path]:
    """Writes waveforms as 16-bit flac files `0.flac`, `1.flac`, ... and returns their folder."""

    def write(*waveforms: np.ndarray, sample_rate: int = 16_000) -> Path:
        for number, waveform in enumerate(waveforms):
            soundfile.write(tmp_path / f"{number}.flac", waveform, sample_rate)
        return tmp_path

    return write


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(0)
