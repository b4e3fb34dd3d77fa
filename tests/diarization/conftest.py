"""A made conversation of hums, and what stands for a model that tells them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from voxmetric.speaker_model import SpeakerModel

HUMS = (300.0, 2500.0, 900.0)
"""Hz of each speaker's hum."""

EDGES = np.array([0.0, 195.0, 390.0, 664.0, 1289.0, 1953.0, 3125.0, 5469.0])
"""Hz at which the bands of an embedding begin."""


class Pitch:
    """The embedding of a hum is a direction that depends on its frequency alone, that of a mixture lies between."""

    sample_rate, embedding_size, calibration = 16_000, 8, None

    def embed_waveforms(self, waveforms: list[np.ndarray]) -> np.ndarray:
        rows = []
        for waveform in waveforms:
            power = np.abs(np.fft.rfft(waveform)) ** 2
            first = np.searchsorted(np.fft.rfftfreq(len(waveform), 1 / self.sample_rate), EDGES)
            bands = np.add.reduceat(power, first)
            rows.append(bands / np.linalg.norm(bands))
        return np.array(rows, dtype=np.float32)


@pytest.fixture
def pitch() -> SpeakerModel:
    return Pitch()  # type: ignore[return-value]


@pytest.fixture(scope="session")
def talk() -> Callable[..., np.ndarray]:
    """`talk([(speaker, start, end), ...], seconds, rate)`: samples in which speakers hum, in faint noise."""

    def made(turns: list[tuple[int, float, float]], seconds: float, rate: int = 16_000) -> np.ndarray:
        time = np.arange(round(seconds * rate)) / rate
        samples = 1e-3 * np.random.default_rng(0).standard_normal(len(time))
        for who, start, end in turns:
            part = slice(round(start * rate), round(end * rate))
            samples[part] += 0.2 * np.sin(2 * np.pi * HUMS[who] * time[part])
        return samples.astype(np.float32)

    return made
