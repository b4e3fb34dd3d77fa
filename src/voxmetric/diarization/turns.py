"""From frames to turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.diarization.frames import Frames

if TYPE_CHECKING:
    from pyannote.core import Annotation

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Turns:
    """Who speaks from when to when.

    Attributes:
        starts: (T,) in seconds.
        ends: (T,) in seconds.
        speakers: (T,) numbers.
    """

    starts: Floats
    ends: Floats
    speakers: NDArray[np.int64]

    def annotation(self, name: str, names: list[str]) -> Annotation:
        """The same as an annotation of the recording `name`, with each speaker's name."""
        from pyannote.core import Annotation, Segment

        annotation = Annotation(uri=name)
        order = np.lexsort((self.speakers, self.ends, self.starts))
        for track, turn in enumerate(order.tolist()):
            segment = Segment(round(float(self.starts[turn]), 3), round(float(self.ends[turn]), 3))
            annotation[segment, track] = names[int(self.speakers[turn])]
        return annotation


def turns_of(frames: Frames, active: NDArray[np.bool_], longest_bridged: float) -> Turns:
    """Runs of frames in which a speaker is active.

    Args:
        frames: F of them.
        active: (F, K) who speaks in each.
        longest_bridged: seconds; a speaker's turns are joined where the pause between them is shorter.
    """
    parts = [_runs(frames, active[:, speaker], speaker) for speaker in range(active.shape[1])]
    joined = [_bridged(part, longest_bridged) for part in parts]
    return Turns(*(np.concatenate([getattr(part, name) for part in joined]) for name in ("starts", "ends", "speakers")))


def _runs(frames: Frames, active: NDArray[np.bool_], speaker: int) -> Turns:
    changes = np.diff(np.concatenate(([False], active, [False])).astype(np.int8))
    first, last = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1) - 1
    # A run goes on into the next region as a turn of its own.
    borders = np.flatnonzero(active[1:] & active[:-1] & (np.diff(frames.region) > 0))
    first, last = np.union1d(first, borders + 1), np.union1d(last, borders)
    return Turns(frames.starts[first], frames.ends[last], np.full(len(first), speaker))


def _bridged(turns: Turns, longest: float) -> Turns:
    gaps = turns.starts[1:] - turns.ends[:-1]
    apart = gaps >= max(longest, 1e-6)
    kept_starts, kept_ends = np.append(True, apart)[: len(turns.starts)], np.append(apart, True)[: len(turns.ends)]
    return Turns(turns.starts[kept_starts], turns.ends[kept_ends], turns.speakers[kept_starts])
