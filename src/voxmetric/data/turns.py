"""Who spoke when in one recording, as arrays: what RTTM files are read into and what scoring works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyannote.core import Annotation


@dataclass(frozen=True)
class Turns:
    """The turns of one recording, in any order; they may overlap.

    Attributes:
        start: (N,) float64 seconds from the recording's beginning.
        end: (N,) float64 seconds.
        speaker: (N,) int64 places in `speakers`.
        speakers: names, each of which occurs, in order of appearance.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    speaker: NDArray[np.int64]
    speakers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of_names(cls, start: NDArray[np.float64], end: NDArray[np.float64], names: Sequence[Any]) -> Turns:
        """From times (N,) and (N,) and the speaker's name of each turn."""
        codes: dict[str, int] = {}
        speaker = np.fromiter((codes.setdefault(str(name), len(codes)) for name in names), np.int64, len(start))
        return cls(start, end, speaker, tuple(codes))

    @classmethod
    def of_annotation(cls, annotation: Annotation) -> Turns:
        """The turns of an annotation, in order of time; labels become text."""
        tracks = list(annotation.itertracks(yield_label=True))
        times = np.array([(segment.start, segment.end) for segment, _, _ in tracks], np.float64).reshape(-1, 2)
        return cls.of_names(times[:, 0].copy(), times[:, 1].copy(), [label for _, _, label in tracks])

    def to_annotation(self, recording: str | None = None) -> Annotation:
        """As pyannote.core's object, a track for each turn, `recording` as its `uri`."""
        from pyannote.core import Annotation, Segment

        segments = map(Segment, self.start.tolist(), self.end.tolist())
        labels = [self.speakers[code] for code in self.speaker.tolist()]
        return Annotation.from_records(zip(segments, range(len(labels)), labels, strict=True), uri=recording)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> Turns:
        """Only the turns chosen, and only their speakers."""
        codes, first, speaker = np.unique(self.speaker[chosen], return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        names = tuple(self.speakers[code] for code in codes[order])
        return Turns(self.start[chosen], self.end[chosen], place[speaker], names)


NO_TURNS = Turns(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), ())
"""Of a recording in which nobody was found."""
