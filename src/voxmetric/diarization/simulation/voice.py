"""A speaker of a conversation, who says what was recorded of him, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.reading import info, read
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation.speech import FRAME, Speech, find_speech

_LONGEST_READ = 30.0  # seconds in memory at once
_AROUND_CUT = 40  # frames on both sides of where a turn should end, in which the quietest place is sought
_SHORTEST_REST = 60  # frames that are rather said than left for the next turn
_SHORT_ENOUGH = 30  # frames that a turn may be shorter than asked for, rather than begin another utterance
_FADE = 5  # milliseconds
_BETWEEN_UTTERANCES = (100, 400)  # milliseconds, within a turn


@dataclass(frozen=True)
class Utterance:
    """What is said in one turn.

    Attributes:
        waveform: (T,) float32 whose speech has a root mean square of 1; begins and ends with speech.
        spans: (S, 2) stretches of speech in milliseconds from its beginning.
    """

    waveform: NDArray[np.float32]
    spans: NDArray[np.int64]


class Voice:
    """Reads a speaker's utterances in an order drawn anew for each round, at most half a minute of them at a time.

    Args:
        table: utterances.
        rows: those of the speaker.
        sample_rate: of what is said, in Hz.
        repeat: begin another round when all is said.
        rng: of the order and the pauses.
    """

    def __init__(
        self,
        table: UtteranceTable,
        rows: NDArray[np.int64],
        sample_rate: int,
        repeat: bool,
        rng: np.random.Generator,
    ) -> None:
        self.name = str(table.speakers[rows[0]])
        self.repeats = False  # whether anything was said again
        self._rounds = 0
        self._table, self._rows, self._sample_rate, self._repeat, self._rng = table, rows, sample_rate, repeat, rng
        self._ahead: list[tuple[int, float, float]] = []  # parts not yet read: row, start and duration in seconds
        self._waveform = np.zeros(0, np.float32)
        self._speech: Speech | None = None
        self._cursor = 0  # frame from which on the part in memory is unsaid
        self._is_silent = False  # nothing was found to say so far in this round

    def say(self, seconds: float) -> Utterance | None:
        """About as much as asked for, cut at a quiet place; less, or None, when nothing is left to say."""
        wanted = max(1, round(1000 * seconds / FRAME))
        pieces: list[NDArray[np.float32]] = []
        spans: list[NDArray[np.int64]] = []
        length = said = 0
        while (not pieces or said < wanted - _SHORT_ENOUGH) and (self._has_speech() or self._read_on()):
            if pieces:
                pause = int(self._rng.integers(*_BETWEEN_UTTERANCES))
                pieces.append(np.zeros(pause * self._sample_rate // 1000, np.float32))
                length += pause
            waveform, found = self._take(wanted - said)
            pieces.append(waveform)
            spans.append(found + length)
            said += int(found[-1, 1]) // FRAME
            length += int(found[-1, 1])
        return Utterance(np.concatenate(pieces), np.concatenate(spans)) if pieces else None

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to say."""
        return not (self._has_speech() or self._read_on())

    def _take(self, wanted: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Cut the next `wanted` frames, or some more or fewer, from the part in memory."""
        assert self._speech is not None
        ahead = self._speech.spans[self._speech.spans[:, 1] > self._cursor]
        begin, last = max(self._cursor, int(ahead[0, 0])), int(ahead[-1, 1])
        end = begin + wanted
        if end + _SHORTEST_REST >= last:
            end = last
        else:
            first = max(begin + 1, end - min(_AROUND_CUT, wanted // 2))
            end = first + int(np.argmin(self._speech.energies[first : end + _AROUND_CUT + 1]))
        self._cursor = end
        self.repeats = self._rounds > 1
        found = np.clip(ahead[ahead[:, 0] < end], begin, end)
        end = int(found[-1, 1])  # a cut in a pause leaves the pause to neither turn
        size = self._sample_rate * FRAME // 1000
        waveform = _faded(self._waveform[begin * size : end * size] / self._speech.level, self._sample_rate)
        return waveform, (found - begin) * FRAME

    def _has_speech(self) -> bool:
        return self._speech is not None and bool((self._speech.spans[:, 1] > self._cursor).any())

    def _read_on(self) -> bool:
        """Read the next part that has speech; whether there was one."""
        while self._ahead or self._begin_round():
            row, start, duration = self._ahead.pop(0)
            location = self._table.location(row)
            self._waveform = read(
                location.path,
                start=start,
                duration=duration,
                sample_rate=self._sample_rate,
                channel=location.channel,
            )
            self._speech, self._cursor = find_speech(self._waveform, self._sample_rate), 0
            if len(self._speech.spans):
                self._is_silent = False
                return True
        return False

    def _begin_round(self) -> bool:
        # A round in which no speech was found would be followed by others like it.
        if self._is_silent or (self._rounds and not self._repeat):
            return False
        self._rounds += 1
        self._is_silent = True
        for row in self._rng.permutation(self._rows).tolist():
            location = self._table.location(row)
            seconds = location.duration
            if seconds is None:
                seconds = max(0.0, info(location.path).duration - location.start)
            for start in np.arange(0.0, seconds, _LONGEST_READ).tolist():
                self._ahead.append((row, location.start + start, min(_LONGEST_READ, seconds - start)))
        return bool(self._ahead)


def _faded(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The waveform with its first and last milliseconds faded: a cut in a sound would click."""
    faded = waveform.astype(np.float32)
    ramp = np.linspace(0.0, 1.0, min(_FADE * sample_rate // 1000, len(faded)), dtype=np.float32)
    faded[: len(ramp)] *= ramp
    faded[len(faded) - len(ramp) :] *= ramp[::-1]
    return faded
