"""The last seconds of a stream, which are all that is still needed of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]


class RecentSound:
    """Samples of a stream from some moment on, found by the time at which they were heard.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._samples: Waveform = np.empty(0, dtype=np.float32)
        self._forgotten = 0

    @property
    def heard_seconds(self) -> float:
        """How much has come in, what is forgotten included."""
        return (self._forgotten + len(self._samples)) / self._rate

    def add(self, samples: Waveform) -> None:
        """Take in more (T,)."""
        self._samples = np.concatenate([self._samples, samples])

    def between(self, start: float, end: float) -> Waveform:
        """The samples from one second to another, as far as they are there."""
        first, stop = (max(0, round(time * self._rate) - self._forgotten) for time in (start, end))
        return self._samples[first:stop]

    def forget(self, before: float) -> None:
        """Let go of what was heard before so many seconds."""
        needless = min(len(self._samples), max(0, int(before * self._rate) - self._forgotten))
        # A copy, so that what is let go of does not stay in memory behind a view.
        self._samples = self._samples[needless:].copy()
        self._forgotten += needless
