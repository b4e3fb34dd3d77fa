"""From frames to turns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.turns import Turns
from voxmetric.diarization.frames import Frames

Spans = tuple[NDArray[np.float64], NDArray[np.float64]]


def turns_of(frames: Frames, active: NDArray[np.bool_], longest_bridged: float) -> Turns:
    """Runs of frames in which a speaker is active, in order of time; the speakers' names are their numbers.

    Args:
        frames: F of them.
        active: (F, K) who speaks in each.
        longest_bridged: seconds; a speaker's turns are joined where the pause between them is shorter.
    """
    spans = [_bridged(_runs(frames, one), longest_bridged) for one in active.T]
    starts, ends = (np.concatenate([span[side] for span in spans]) for side in (0, 1))
    speakers = np.repeat(np.arange(len(spans)), [len(first) for first, _ in spans])
    order = np.lexsort((speakers, ends, starts))
    return Turns.of_names(starts[order].round(3), ends[order].round(3), speakers[order].tolist())


def _runs(frames: Frames, active: NDArray[np.bool_]) -> Spans:
    """One speaker's runs: their starts and ends; each ends with its region."""
    changes = np.diff(np.concatenate(([False], active, [False])).astype(np.int8))
    borders = np.flatnonzero(active[1:] & active[:-1] & (np.diff(frames.region) > 0))
    first = np.union1d(np.flatnonzero(changes == 1), borders + 1)
    last = np.union1d(np.flatnonzero(changes == -1) - 1, borders)
    return frames.starts[first], frames.ends[last]


def _bridged(spans: Spans, longest: float) -> Spans:
    starts, ends = spans
    apart = starts[1:] - ends[:-1] >= max(longest, 1e-6)
    return starts[np.append(True, apart)[: len(starts)]], ends[np.append(apart, True)[: len(ends)]]
