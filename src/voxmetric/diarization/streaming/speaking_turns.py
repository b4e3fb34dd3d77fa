"""Turns from labels that come bit by bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voxmetric.diarization.clustering.labels import Labels

SILENCE = -1
"""Label of a frame in which nobody speaks."""


@dataclass(frozen=True)
class Turn:
    """One speaker without a longer pause.

    Attributes:
        start: seconds.
        end: seconds.
        speaker: number from 0, in order of first appearance.
    """

    start: float
    end: float
    speaker: int


class SpeakingTurns:
    """Joins runs of frames of one speaker into turns and gives them away as soon as they cannot grow any more.

    A turn that has lasted for `longest` is given away in pieces, so that nothing waits longer than that.

    Args:
        frame_seconds: length of a frame.
        shortest_pause: seconds; a shorter silence does not end a turn.
        longest: seconds.
    """

    def __init__(self, frame_seconds: float, *, shortest_pause: float = 0.3, longest: float = 5.0) -> None:
        self._frame = frame_seconds
        # Counted in frames, so that rounding does not decide what a pause is.
        self._pause = max(1, round(shortest_pause / frame_seconds))
        self._longest = max(1, round(longest / frame_seconds))
        self._heard = 0
        self._open: tuple[int, int, int] | None = None  # first frame, the one after the last, speaker

    def add(self, labels: Labels) -> list[Turn]:
        """Turns that are complete after the next frames (F,), each the number of a speaker or `SILENCE`."""
        done: list[Turn] = []
        for first, stop, speaker in self._runs(labels):
            if self._open and speaker == self._open[2] and first - self._open[1] < self._pause:
                self._open = (self._open[0], stop, speaker)
            else:
                done += self.finish()
                self._open = (first, stop, speaker)
        self._heard += len(labels)
        if self._open:
            first, stop, _ = self._open
            if self._heard - stop >= self._pause or stop - first >= self._longest:
                done += self.finish()
        return done

    def finish(self) -> list[Turn]:
        """What is left."""
        if self._open is None:
            return []
        first, stop, speaker = self._open
        self._open = None
        return [Turn(first * self._frame, stop * self._frame, speaker)]

    def _runs(self, labels: Labels) -> list[tuple[int, int, int]]:
        edges = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1, [len(labels)]])[: None if len(labels) else 1]
        runs = zip(
            (edges[:-1] + self._heard).tolist(),
            (edges[1:] + self._heard).tolist(),
            labels[edges[:-1]].tolist(),
            strict=True,
        )
        return [run for run in runs if run[2] != SILENCE]
