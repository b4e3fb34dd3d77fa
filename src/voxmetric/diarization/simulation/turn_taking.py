"""Who speaks next, how long, and when: after a pause, or while the one before still speaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voxmetric.diarization.simulation.settings import ConversationSettings

_TALKATIVENESS = 0.5  # standard deviation of the logarithm of how readily a speaker takes the floor
_LONGEST_TURN = 8.0  # medians
_TIME_TO_BE_HEARD = 2.0  # median turns that each speaker not yet heard is allowed before the end
_TRIED = 41  # places for an overlapping turn
_ALONE = 100  # milliseconds at the beginning of a turn that nobody falls into


class Order:
    """Draws the sequence of speakers (numbers from 0) and the lengths of their turns.

    Args:
        settings: of the conversation.
        num_speakers: all of whom are heard, if the conversation is long enough.
        seconds: length of the conversation.
        rng: of the draws.
    """

    def __init__(
        self, settings: ConversationSettings, num_speakers: int, seconds: float, rng: np.random.Generator
    ) -> None:
        self._settings, self._seconds, self._rng = settings, seconds, rng
        self._readiness = np.exp(_TALKATIVENESS * rng.standard_normal(num_speakers))
        self._unheard = list(range(num_speakers))
        self._last: int | None = None
        self._before: int | None = None

    @property
    def unheard(self) -> Sequence[int]:
        """Speakers who had no turn yet."""
        return self._unheard

    def speaker(self, now: float, able: Sequence[int]) -> int:
        """The next speaker among those `able` to speak (at least one), at `now` seconds."""
        settings = self._settings
        chosen = self._choose([one for one in able if one != self._last] or list(able), able)
        waiting = [one for one in self._unheard if one in able]
        each = _TIME_TO_BE_HEARD * (settings.turn_seconds + settings.pause_seconds)
        if waiting and chosen not in waiting and self._seconds - now <= each * len(waiting):
            chosen = waiting[0]
        if chosen in self._unheard:
            self._unheard.remove(chosen)
        if chosen != self._last:
            self._last, self._before = chosen, self._last
        return chosen

    def turn_seconds(self) -> float:
        """The length of a turn."""
        settings = self._settings
        drawn = settings.turn_seconds * np.exp(settings.turn_spread * self._rng.standard_normal())
        return float(min(drawn, _LONGEST_TURN * settings.turn_seconds))

    def _choose(self, others: Sequence[int], able: Sequence[int]) -> int:
        """Who speaks, were everyone heard already; the draws are as many whatever comes of them."""
        goes_on, returns = self._rng.random(2)
        readiness = self._readiness[list(others)]
        anyone = int(self._rng.choice(others, p=readiness / readiness.sum()))
        if self._last in able and self._last is not None and goes_on < self._settings.continue_probability:
            return self._last
        if self._before in others and self._before is not None and returns < self._settings.return_probability:
            return self._before
        return anyone


class Floor:
    """Places turns in time, in milliseconds, so that the share of overlapped speech stays at what was asked for.

    A turn of another speaker begins before the end of the one before as long as there is less overlap than asked for,
    and after a pause otherwise. Overlap is counted in speech, not in turns, whose pauses do not count.

    Args:
        settings: of the conversation.
        overlap: share of the time with speech in which two speak.
        rng: of pauses and overlaps.
    """

    def __init__(self, settings: ConversationSettings, overlap: float, rng: np.random.Generator) -> None:
        self._settings, self._overlap, self._rng = settings, overlap, rng
        self._start = self._end = 0  # of the turn that ends last
        self._free_from = 0  # end of all others
        self._spans = np.zeros((0, 2), np.int64)  # its speech
        self._speaker: int | None = None
        self._speech = self._overlapped = 0

    def place(self, speaker: int, spans: NDArray[np.int64]) -> int:
        """When a turn with these stretches of speech (S, 2), relative to its start, begins."""
        settings, length = self._settings, int(spans[-1, 1])
        pause = int(1000 * self._rng.exponential(settings.pause_seconds))
        shared = int(1000 * self._rng.exponential(settings.overlap_seconds))
        spoken = int(np.diff(spans).sum())
        missing = self._overlap * (self._speech + spoken) - self._overlapped
        start = self._end + pause
        if self._overlap > 0.0 and missing > 0.0 and speaker != self._speaker:
            most = min(length, self._end - max(self._free_from, self._start + _ALONE))
            # An overlap of c adds c to the overlapped time and takes c from the time with speech.
            start = self._end - self._earlier(spans, max(shared, int(missing / (1.0 + self._overlap))), max(0, most))
        placed = spans + start
        common = _common(placed, self._spans)
        self._overlapped += common
        self._speech += spoken - common
        end = start + length
        if end > self._end:
            self._free_from = self._end
            self._start, self._end, self._spans, self._speaker = start, end, placed, speaker
        else:
            self._free_from = end
        return start

    def _earlier(self, spans: NDArray[np.int64], wanted: int, most: int) -> int:
        """How long before the end to begin, at most `most`, so that about `wanted` of speech overlaps."""
        amounts = np.linspace(0, most, _TRIED).astype(np.int64)
        common = np.array([_common(spans + self._end - amount, self._spans) for amount in amounts.tolist()])
        enough = np.flatnonzero(common >= wanted)
        return int(amounts[enough[0] if len(enough) else np.argmax(common)])

    @property
    def end(self) -> int:
        """When nobody speaks any more."""
        return self._end


def _common(some: NDArray[np.int64], others: NDArray[np.int64]) -> int:
    """Time in both of two lists of stretches (S, 2) and (R, 2), each without overlaps of its own."""
    shared = np.minimum(some[:, None, 1], others[None, :, 1]) - np.maximum(some[:, None, 0], others[None, :, 0])
    return int(np.maximum(shared, 0).sum())
