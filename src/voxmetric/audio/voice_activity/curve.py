"""From how likely there is speech in each frame to regions of speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.voice_activity.regions import Regions
from voxmetric.errors import InputError

SAMPLE_RATE = 16000
"""What every detector listens at, in Hz."""

Waveform = NDArray[np.float32]


@dataclass(frozen=True)
class Hysteresis:
    """What becomes a region of speech.

    The defaults are those with the least missed and false speech of nine sets tried on meetings and simulated
    conversations (docs/diarization.md), not those of the detectors' authors.

    Attributes:
        onset: probability from which on speech begins.
        offset: probability below which speech ends; at most `onset`.
        shortest_pause: seconds; shorter ones inside speech are speech.
        shortest_speech: seconds; shorter speech is none.
        padding: seconds added before and after.
    """

    onset: float = 0.2
    offset: float = 0.1
    shortest_pause: float = 0.3
    shortest_speech: float = 0.2
    padding: float = 0.1

    def __post_init__(self) -> None:
        """Raises:
        InputError: for a value out of range.
        """
        if not 0.0 <= self.offset <= self.onset <= 1.0:
            raise InputError(f"expected 0 <= offset <= onset <= 1, found {self.offset} and {self.onset}")
        if min(self.shortest_pause, self.shortest_speech, self.padding) < 0.0:
            raise InputError("expected shortest_pause, shortest_speech and padding of 0 seconds or more")


@dataclass(frozen=True, eq=False)
class SpeechCurve:
    """Speech in frames of equal length, one after the other from the start of the recording.

    Attributes:
        probabilities: (F,) float32.
        frame_seconds: length of a frame.
        duration: of the recording, in seconds.
    """

    probabilities: NDArray[np.float32]
    frame_seconds: float
    duration: float

    def regions(self, hysteresis: Hysteresis | None = None) -> Regions:
        """Where there is speech."""
        rule = hysteresis or Hysteresis()
        speech = _switched(self.probabilities, rule.onset, rule.offset)
        changes = np.flatnonzero(np.diff(np.concatenate(([False], speech, [False])).astype(np.int8)))
        times = np.minimum(changes * self.frame_seconds, self.duration)
        spoken = Regions.of(times[::2], times[1::2])
        return (
            spoken.without_gaps(rule.shortest_pause).at_least(rule.shortest_speech).padded(rule.padding, self.duration)
        )


def _switched(probabilities: NDArray[np.float32], onset: float, offset: float) -> NDArray[np.bool_]:
    """A switch (F,) that turns on from `onset` on, off below `offset`, and stays as it is in between."""
    decided = (probabilities >= onset) | (probabilities < offset)
    places = np.arange(1, len(probabilities) + 1)
    last_decided = np.maximum.accumulate(np.where(decided, places, 0)) if len(places) else places
    states = np.concatenate(([False], probabilities >= onset))
    switched: NDArray[np.bool_] = states[last_decided]
    return switched
