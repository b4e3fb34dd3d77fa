"""The sound behind a conversation, without end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from voxmetric.audio.reading import SUFFIXES, info, read, read_blocks
from voxmetric.errors import InputError

# White noise through these zeros and poles falls by about 3 dB an octave (Smith, "Spectral audio signal processing",
# example "synthesis of 1/f noise").
_ZEROS = np.array([0.049922035, -0.095993537, 0.050612699, -0.004408786])
_POLES = np.array([1.0, -2.494956002, 2.017265875, -0.522189400])
_RINGING = 1 << 16  # samples after which the filter's response is spent


class Background(Protocol):
    """A sound of a mean power of 1, given piece by piece."""

    def take(self, count: int) -> NDArray[np.float32]:
        """The next `count` samples."""


def draw_background(kind: str, sample_rate: int, rng: np.random.Generator) -> Background | None:
    """What `ConversationSettings.noise` names, from a place of its own.

    Raises:
        InputError: for a folder without recordings, or a recording that is silent.
    """
    if kind == "none":
        return None
    if kind == "pink":
        return PinkNoise(rng)
    paths = sorted(path for path in Path(kind).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"expected noise none, pink or a folder of recordings, found no audio files in {kind!r}")
    return RecordedNoise(paths[int(rng.integers(len(paths)))], sample_rate, rng)


class PinkNoise:
    """Gaussian noise whose power falls by 3 dB an octave, as that of many rooms does."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        response = lfilter(_ZEROS, _POLES, np.eye(1, _RINGING)[0])
        self._zeros = _ZEROS / np.sqrt(np.square(response).sum())
        self._state = np.zeros(len(_POLES) - 1)
        self.take(_RINGING)

    def take(self, count: int) -> NDArray[np.float32]:
        if not count:  # lfilter forgets its state over nothing
            return np.zeros(0, np.float32)
        coloured, self._state = lfilter(self._zeros, _POLES, self._rng.standard_normal(count), zi=self._state)
        return np.asarray(coloured, np.float32)


class RecordedNoise:
    """A recording from a random place on, begun anew at its end."""

    def __init__(self, path: Path, sample_rate: int, rng: np.random.Generator) -> None:
        self._path, self._sample_rate = path, sample_rate
        self._seconds = info(path).duration
        power, count = 0.0, 0
        for block in read_blocks(path):
            power += float(np.square(block, dtype=np.float64).sum())
            count += len(block)
        if not power > 0.0:
            raise InputError(f"{path} is silent and no noise: remove it")
        self._scale = np.float32(np.sqrt(count / power))
        self._pieces = self._read(rng.uniform(0.0, self._seconds))
        self._rest = np.zeros(0, np.float32)

    def take(self, count: int) -> NDArray[np.float32]:
        parts, length = [self._rest], len(self._rest)
        while length < count:
            parts.append(next(self._pieces))
            length += len(parts[-1])
        joined = np.concatenate(parts)
        self._rest = joined[count:]
        return joined[:count] * self._scale

    def _read(self, start: float) -> Iterator[NDArray[np.float32]]:
        step = 30.0
        while True:
            while start < self._seconds - 0.01:
                yield read(self._path, start=start, duration=step, sample_rate=self._sample_rate)
                start += step
            start = 0.0
