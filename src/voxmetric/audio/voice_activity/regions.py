"""Stretches of time: where somebody speaks, or what is to be scored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Seconds = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regions:
    """Disjoint stretches in order of time.

    Attributes:
        starts: (R,) in seconds.
        ends: (R,) in seconds, each after its start and before the next one.
    """

    starts: Seconds
    ends: Seconds

    @classmethod
    def of(cls, starts: ArrayLike, ends: ArrayLike) -> Regions:
        """Regions from stretches in any order; those that touch or overlap are joined, and empty ones left out.

        Raises:
            InputError: for unequal lengths, times that are not finite or negative, or an end before its start.
        """
        first, last = np.asarray(starts, dtype=np.float64), np.asarray(ends, dtype=np.float64)
        if first.ndim != 1 or first.shape != last.shape:
            raise InputError(f"expected as many starts as ends, found shapes {first.shape} and {last.shape}")
        if not (np.isfinite(first).all() and np.isfinite(last).all() and (first >= 0).all() and (last >= first).all()):
            raise InputError("expected regions with 0 <= start <= end, in seconds, found others")
        kept = last > first
        order = np.argsort(first[kept], kind="stable")
        first, last = first[kept][order], last[kept][order]
        return _joined(first, np.maximum.accumulate(last) if len(last) else last, 0.0)

    @classmethod
    def between(cls, pairs: Iterable[tuple[float, float]]) -> Regions:
        """Regions from (start, end) pairs; see `of`."""
        times = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
        return cls.of(times[:, 0], times[:, 1])

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def total(self) -> float:
        """Seconds in all."""
        return float((self.ends - self.starts).sum())

    def without_gaps(self, shorter_than: float) -> Regions:
        """Regions with the gaps between them filled that are shorter than so many seconds."""
        return _joined(self.starts, self.ends, shorter_than)

    def at_least(self, seconds: float) -> Regions:
        """Only the regions that are so long."""
        kept = self.ends - self.starts >= seconds
        return Regions(self.starts[kept], self.ends[kept])

    def padded(self, seconds: float, duration: float) -> Regions:
        """Regions that begin earlier and end later, within [0, duration], joined where they meet."""
        starts, ends = np.maximum(self.starts - seconds, 0.0), np.minimum(self.ends + seconds, duration)
        return _joined(starts, ends, 0.0)

    def within(self, duration: float) -> Regions:
        """What lies in [0, duration]."""
        ends = np.minimum(self.ends, duration)
        kept = ends > self.starts
        return Regions(self.starts[kept], ends[kept])


def _joined(starts: Seconds, ends: Seconds, shorter_than: float) -> Regions:
    """Sorted regions joined where the gap is at most 0 or shorter than so many seconds."""
    gaps = starts[1:] - ends[:-1]
    apart = (gaps > 0.0) & (gaps >= shorter_than)
    return Regions(starts[np.append(True, apart)[: len(starts)]], ends[np.append(apart, True)[: len(ends)]])
