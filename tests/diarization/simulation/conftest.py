"""A small corpus whose speech is known to the sample."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voxmetric.data.utterances import UtteranceTable

RATE = 8000


def hum(seconds: float, pitch: float, rng: np.random.Generator) -> np.ndarray:
    """A voice of steady level, so that a frame of 10 ms is as loud as any other."""
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.2 * sum(np.sin(2 * np.pi * pitch * k * time + rng.uniform(0, 6)) / k for k in range(1, 8))


@pytest.fixture(scope="session")
def speech_table(tmp_path_factory: pytest.TempPathFactory) -> UtteranceTable:
    """8 voices with 3 recordings each: half a second of silence, 2 s of voice, a pause, 1 s of voice, silence."""
    folder = tmp_path_factory.mktemp("speech")
    rng = np.random.default_rng(5)
    rows: dict[str, list[object]] = {name: [] for name in ("id", "path", "speaker", "duration")}
    for speaker in range(8):
        for take in range(3):
            silence = np.zeros(RATE // 2)
            parts = [silence, hum(2.0, 100 + 25 * speaker, rng), silence, hum(1.0, 100 + 25 * speaker, rng), silence]
            waveform = np.concatenate(parts).astype(np.float32)
            name = f"{speaker}-{take}"
            soundfile.write(folder / f"{name}.wav", waveform, RATE)
            for column, value in zip(rows, (name, f"{name}.wav", f"voice-{speaker}", 4.5), strict=True):
                rows[column].append(value)
    return UtteranceTable.from_columns(rows, folder, "made")
