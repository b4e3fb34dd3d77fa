"""Where in a recording its views are taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError

Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class ViewPlan:
    """How many views of a recording there are, how long, and how they lie.

    Attributes:
        seconds: length of a global view.
        count: global views, at least 2.
        local_seconds: length of a local view.
        local_count: local views, which may lie anywhere.
        disjoint: take the global views from parts that do not overlap, in random order and with random gaps, all such
            placements being equally likely. In a recording too short for that they are spread evenly over it, in random
            order: as far apart as can be. If false, each is placed for itself.

    Raises:
        InputError: if a number is out of range.
    """

    seconds: float
    count: int = 2
    local_seconds: float = 1.0
    local_count: int = 0
    disjoint: bool = False

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and self.local_seconds > 0):
            raise InputError(
                f"the length of views must be above 0 seconds, found {self.seconds} and {self.local_seconds} (local)"
            )
        if self.count < 2 or self.local_count < 0:
            raise InputError(
                f"at least 2 global views and no fewer than 0 local ones are needed, found {self.count} and "
                f"{self.local_count}"
            )

    @property
    def lengths(self) -> tuple[float, ...]:
        """Seconds of each view, global ones first."""
        return (self.seconds,) * self.count + (self.local_seconds,) * self.local_count

    def offsets(self, length: int, global_samples: int, local_samples: int, rng: np.random.Generator) -> Offsets:
        """First sample of each view, (count + local_count,) int64, in a recording of `length` >= 0 samples.

        A recording shorter than a view is repeated without end, so that a view may begin anywhere in it.
        """
        if self.disjoint:
            chosen = _apart(length, global_samples, self.count, rng)
        else:
            chosen = rng.integers(_places(length, global_samples), size=self.count)
        return np.concatenate([chosen, rng.integers(_places(length, local_samples), size=self.local_count)])


def _places(length: int, num_samples: int) -> int:
    """Number of samples at which a view may begin."""
    return length - num_samples + 1 if length >= num_samples else max(1, length)


def _apart(length: int, num_samples: int, count: int, rng: np.random.Generator) -> Offsets:
    slack = length - count * num_samples
    if slack >= 0:
        # Placements in order are the ways to spread the slack over the gaps; they stand one to one for the sets of
        # `count` different numbers below slack + count.
        drawn = np.sort(rng.choice(slack + count, count, replace=False, shuffle=False))
        starts = drawn + np.arange(count) * (num_samples - 1)
    elif length >= num_samples:
        starts = np.linspace(0, length - num_samples, count).round().astype(np.int64)
    else:  # around the circle that the repeated recording is
        starts = (rng.integers(max(1, length)) + np.arange(count) * length // count) % max(1, length)
    return rng.permutation(starts)
