"""Decoded audio in memory that loader processes share."""

from __future__ import annotations

import mmap
import multiprocessing

import numpy as np
from numpy.typing import NDArray


class DecodedCache:
    """Keeps decoded recordings, each in a place of its own, for this process and those forked from it later.

    Which recordings have a place is settled by their order and lengths alone, so that what a loader reads does not
    depend on which process reads first. The memory is mapped, not taken: it is used up as recordings come in.

    Args:
        lengths: samples of each recording (N,); those with 0 are not kept.
        cache_bytes: recordings have a place, in order, as long as all of them fit into it as float32.
    """

    def __init__(self, lengths: NDArray[np.int64], cache_bytes: int) -> None:
        ends = np.cumsum(lengths)
        fitting = ends * np.dtype(np.float32).itemsize <= cache_bytes
        self._lengths = np.where(fitting, lengths, 0)
        self._starts = ends - lengths
        self._samples = np.frombuffer(_shared(int(self._lengths.sum()), np.float32), dtype=np.float32)
        self._held = np.frombuffer(_shared(len(lengths), np.int32), dtype=np.int32)
        self._lock = multiprocessing.Lock()

    def has_place(self, index: int) -> bool:
        """Whether the recording is, or will be, kept."""
        return bool(self._lengths[index])

    def get(self, index: int) -> NDArray[np.float32] | None:
        """The recording's samples (T,), not to be written to; None if they have not been put yet."""
        with self._lock:  # also a memory barrier: whoever sees the count sees the samples
            held = int(self._held[index])
        return self._view(index)[:held] if held else None

    def put(self, index: int, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Keep samples (T,), cut to the recording's place; returns what is kept.

        Two processes may put the same recording at once: they write the same, and it counts as there only when
        it is complete.
        """
        kept = samples[: self._lengths[index]]
        self._view(index)[: len(kept)] = kept
        with self._lock:
            self._held[index] = len(kept)
        return kept

    def _view(self, index: int) -> NDArray[np.float32]:
        start = self._starts[index]
        return self._samples[start : start + self._lengths[index]]


def _shared(count: int, dtype: type[np.generic]) -> mmap.mmap:
    """Anonymous memory that forked processes share; unlike /dev/shm it has no limit of its own in containers."""
    return mmap.mmap(-1, max(1, count) * np.dtype(dtype).itemsize)
