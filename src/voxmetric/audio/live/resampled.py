"""Sound at another rate, bit by bit."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

Waveform = NDArray[np.float32]


class Resampled:
    """A stream at one rate as a stream at another; equal rates pass through.

    Args:
        rate_in: of what comes in, Hz.
        rate_out: of what goes out, Hz.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._stream = None if rate_in == rate_out else soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32")

    def add(self, samples: Waveform) -> Waveform:
        """What can be said of the sound after more (T,) of it."""
        if self._stream is None:
            return samples
        found: Waveform = self._stream.resample_chunk(samples)
        return found

    def finish(self) -> Waveform:
        """What is left when there is no more."""
        empty: Waveform = np.empty(0, dtype=np.float32)
        if self._stream is None:
            return empty
        found: Waveform = self._stream.resample_chunk(empty, last=True)
        return found
