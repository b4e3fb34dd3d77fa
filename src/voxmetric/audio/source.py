"""One recording, in a file or in memory, read part by part at any rate."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from voxmetric.audio.reading import info, read
from voxmetric.errors import InputError

Waveform = NDArray[np.float32]

BLOCK_SECONDS = 300.0
"""Read at once: little memory, and few seeks in formats where a seek is slow."""


class AudioSource:
    """A recording of which parts are asked for.

    Args:
        recording: a path, or float samples (T,) in [-1, 1].
        sample_rate: of samples, Hz; a file knows its own.
        channel: of a file, as `audio.reading.read`.

    Raises:
        InputError: if the file cannot be read, or the samples are of another shape, none, or not all finite.
    """

    def __init__(
        self,
        recording: str | os.PathLike[str] | NDArray[Any],
        *,
        sample_rate: int | None = None,
        channel: int | str = "mix",
    ) -> None:
        self._channel = channel
        self._samples: dict[int, Waveform] = {}
        self._path: str | None = None
        if not isinstance(recording, np.ndarray):
            self._path = os.fspath(recording)
            self.name = Path(self._path).stem
            self.duration = info(self._path).duration
            if self.duration == 0.0:
                raise InputError(f"{self._path}: there are no samples in it")
            return
        if sample_rate is None or sample_rate < 1:
            raise InputError(f"expected the sample_rate of samples given as an array, found {sample_rate}")
        if recording.ndim != 1 or not np.issubdtype(recording.dtype, np.floating):
            raise InputError(
                f"expected float samples of shape (T,) in [-1, 1], found {recording.dtype} of shape {recording.shape}"
            )
        if not len(recording) or not np.isfinite(recording).all():
            raise InputError(
                "expected samples that are finite numbers, found " + ("others" if len(recording) else "none")
            )
        self._samples[sample_rate] = recording.astype(np.float32, copy=False)
        self.name = "recording"
        self.duration = len(recording) / sample_rate

    def read(self, start: float, stop: float, sample_rate: int) -> Waveform:
        """Samples (T,) from one time to another, in seconds; fewer, down to none, where the recording ends first.

        Raises:
            InputError: if the file cannot be read there.
        """
        first, last = round(start * sample_rate), round(stop * sample_rate)
        if self._path is None:
            return self._at(sample_rate)[first:last]
        if last <= first or start >= self.duration:
            return np.empty(0, dtype=np.float32)
        return read(
            self._path,
            start=first / sample_rate,
            duration=(last - first) / sample_rate,
            sample_rate=sample_rate,
            channel=self._channel,
        )

    def blocks(self, sample_rate: int, block_seconds: float = BLOCK_SECONDS) -> Iterator[Waveform]:
        """The whole recording in order of time, (T,) a block.

        Raises:
            InputError: if the file cannot be read there.
        """
        for number in range(math.ceil(self.duration / block_seconds)):
            block = self.read(number * block_seconds, (number + 1) * block_seconds, sample_rate)
            if len(block):
                yield block

    def _at(self, sample_rate: int) -> Waveform:
        """The samples in memory at a rate."""
        if sample_rate not in self._samples:
            rate, samples = next(iter(self._samples.items()))
            self._samples[sample_rate] = soxr.resample(samples, rate, sample_rate)
        return self._samples[sample_rate]
