"""Who spoke how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voxmetric.data.turns import Turns

if TYPE_CHECKING:
    from pyannote.core import Annotation


@dataclass(frozen=True)
class SpeakingTime:
    """One speaker's part in a recording.

    Attributes:
        name: of the speaker.
        seconds: spoken.
        share: of the sum over all speakers, in [0, 1].
        turns: how many.
        overlapped: seconds of them during which somebody else speaks too.
    """

    name: str
    seconds: float
    share: float
    turns: int
    overlapped: float


@dataclass(frozen=True)
class SpeakingTimes:
    """Everybody's part in a recording.

    Attributes:
        speakers: those who speak longest first.
        speech: seconds in which anybody speaks.
        overlap: seconds in which more than one does.
    """

    speakers: tuple[SpeakingTime, ...]
    speech: float
    overlap: float


def speaking_times(annotation: Annotation) -> SpeakingTimes:
    """How long each speaker speaks, and how long several do at once."""
    turns = Turns.of_annotation(annotation)
    borders = np.unique(np.concatenate((turns.start, turns.end)))
    if not len(borders):
        return SpeakingTimes((), 0.0, 0.0)
    changes = np.zeros((len(borders), len(turns.speakers)))
    np.add.at(changes, (np.searchsorted(borders, turns.start), turns.speaker), 1.0)
    np.add.at(changes, (np.searchsorted(borders, turns.end), turns.speaker), -1.0)
    speaking = changes.cumsum(axis=0)[:-1] > 0.5
    lengths = np.diff(borders)
    at_once = speaking.sum(axis=1)
    seconds = lengths @ speaking
    overlapped = lengths @ (speaking & (at_once > 1)[:, None])
    counts = np.bincount(turns.speaker, minlength=len(turns.speakers))
    order = np.argsort(-seconds, kind="stable").tolist()
    return SpeakingTimes(
        speakers=tuple(
            SpeakingTime(
                turns.speakers[code],
                float(seconds[code]),
                float(seconds[code] / seconds.sum()),
                int(counts[code]),
                float(overlapped[code]),
            )
            for code in order
        ),
        speech=float(lengths[at_once > 0].sum()),
        overlap=float(lengths[at_once > 1].sum()),
    )
