"""Random access to a collection of recordings, decoded once where memory allows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.audio.decoded_cache import DecodedCache
from voxmetric.audio.reading import SUFFIXES, info, read
from voxmetric.errors import InputError

CACHE_BYTES = 256 * 2**20
_LONGEST_KEPT = 60.0  # seconds; in longer ones a crop is found sooner than the whole is decoded

_WORTH_A_SEEK = 1.0  # seconds between two crops, from which on each is decoded for itself


class Recordings:
    """Crops of many recordings, or parts of recordings, at one rate and with one channel.

    Recordings of at most a minute are decoded whole at first use and kept as long as they fit into memory shared
    with processes forked later; of all others only the crop is decoded. Crops are the same either way for lossless
    formats; a lossy decoder that starts in the middle of a file may differ from one that starts at its beginning.

    Args:
        paths: file of each recording (N,).
        sample_rate: of what is returned, in Hz.
        starts: where each recording begins in its file, in seconds (N,); by default 0.
        durations: length of each in seconds (N,), NaN where it is not known: it is then read from the file when
            needed, and the recording is not kept.
        channels: channel of each (N,), `"mix"` or its number; by default all are mixed.
        speeds: how much faster than recorded each is played (N,), pitch and tempo together; by default 1.
        cache_bytes: memory for decoded recordings; 0 keeps none.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        sample_rate: int,
        starts: ArrayLike | None = None,
        durations: ArrayLike | None = None,
        channels: Sequence[str | int] | None = None,
        speeds: ArrayLike | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        num_recordings = len(paths)
        self.paths = paths
        self.sample_rate = sample_rate
        self._channels = channels
        seconds = np.full(num_recordings, np.nan) if durations is None else np.asarray(durations, dtype=np.float64)
        known = np.isfinite(seconds)
        # Resampled to a lower rate and taken for the common one, a recording plays faster.
        factors = np.ones(num_recordings) if speeds is None else np.asarray(speeds, dtype=np.float64)
        self._rates = np.rint(sample_rate / factors).astype(np.int64)
        self._first = np.zeros(num_recordings, dtype=np.int64)
        if starts is not None:
            self._first = np.rint(np.asarray(starts, dtype=np.float64) * self._rates).astype(np.int64)
        self._lengths = np.where(known, np.rint(np.where(known, seconds, 0.0) * self._rates), -1).astype(np.int64)
        keep = known & (seconds <= _LONGEST_KEPT)
        self._cache = DecodedCache(np.where(keep, self._lengths, 0), cache_bytes)

    @classmethod
    def in_folder(cls, folder: str | os.PathLike[str], *, sample_rate: int) -> Recordings:
        """All recordings in a folder and its sub-folders, in the order of their paths.

        Raises:
            InputError: if there is no such folder, it holds no audio files, or one of them cannot be read.
        """
        paths = sorted(str(path) for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not paths:
            raise InputError(f"expected a folder with audio files, found none in {str(folder)!r}: check the path")
        return cls(paths, sample_rate=sample_rate, durations=[info(path).duration for path in paths])

    def __len__(self) -> int:
        return len(self.paths)

    def num_samples(self, index: int) -> int:
        """Length of a recording in samples.

        Raises:
            InputError: if it has to be read from the file and cannot be.
        """
        if self._lengths[index] < 0:
            length = round(info(self.paths[index]).duration * self._rates[index]) - self._first[index]
            self._lengths[index] = max(0, length)
        return int(self._lengths[index])

    def crop(self, index: int, offset: int, num_samples: int) -> NDArray[np.float32]:
        """Samples (num_samples,) float32 from `offset` on; a shorter recording is repeated without end.

        Raises:
            InputError: if the file cannot be read.
        """
        length = self.num_samples(index)
        if length < num_samples:
            return np.resize(np.roll(self._read(index, 0, length), -offset), num_samples)
        part = self._read(index, offset, num_samples)
        return part if len(part) == num_samples else np.resize(part, num_samples)

    def crops(self, index: int, offsets: Sequence[int], sizes: Sequence[int]) -> list[NDArray[np.float32]]:
        """Several crops of one recording, each as of `crop`; those that lie close are decoded in one go.

        Raises:
            InputError: if the file cannot be read.
        """
        length = self.num_samples(index)
        if self._cache.has_place(index) or max(sizes) > length:
            return [self.crop(index, offset, size) for offset, size in zip(offsets, sizes, strict=True)]
        ends = [offset + size for offset, size in zip(offsets, sizes, strict=True)]
        spans: list[list[int]] = []
        for begin, end in sorted(zip(offsets, ends, strict=True)):
            if spans and begin <= spans[-1][1] + _WORTH_A_SEEK * self.sample_rate:
                spans[-1][1] = max(spans[-1][1], end)
            else:
                spans.append([begin, end])
        decoded = {begin: self.crop(index, begin, end - begin) for begin, end in spans}
        parts = []
        for begin, end in zip(offsets, ends, strict=True):
            start = max(known for known in decoded if known <= begin)
            parts.append(decoded[start][begin - start : end - start])
        return parts

    def random_crop(self, index: int, num_samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """A crop (num_samples,) float32 from a random position; see `crop`.

        Raises:
            InputError: if the file cannot be read.
        """
        length = self.num_samples(index)
        positions = length - num_samples + 1 if length >= num_samples else length
        return self.crop(index, int(rng.integers(max(1, positions))), num_samples)

    def _read(self, index: int, offset: int, num_samples: int) -> NDArray[np.float32]:
        if not self._cache.has_place(index):
            return self._decode(index, offset, num_samples)
        whole = self._cache.get(index)
        if whole is None:
            whole = self._cache.put(index, self._decode(index, 0, self.num_samples(index)))
        part = whole[offset : offset + num_samples].copy()
        if not len(part):
            raise InputError(f"{self.paths[index]} is shorter than its stated duration: run `voxmetric prepare` again")
        return part

    def _decode(self, index: int, offset: int, num_samples: int) -> NDArray[np.float32]:
        rate = int(self._rates[index])
        return read(
            self.paths[index],
            start=(self._first[index] + offset) / rate,
            duration=num_samples / rate,
            sample_rate=rate,
            channel="mix" if self._channels is None else self._channels[index],
        )
