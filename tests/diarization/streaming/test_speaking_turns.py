"""Turns do not depend on how the frames come in, but for pieces of long ones; nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diarization.streaming.speaking_turns import SILENCE, SpeakingTurns, Turn

FRAME = 0.1


def turns_of(labels: np.ndarray, step: int, longest: float = 1000.0) -> list[Turn]:
    turns = SpeakingTurns(FRAME, shortest_pause=0.3, longest=longest)
    found = [turn for start in range(0, len(labels), step) for turn in turns.add(labels[start : start + step])]
    return found + turns.finish()


def some_labels(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(-1, 3, 80), rng.integers(1, 9, 80)).astype(np.int64)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_turns_do_not_depend_on_the_steps(step: int) -> None:
    labels = some_labels()
    assert turns_of(labels, step) == turns_of(labels, 3)


@pytest.mark.parametrize("longest", [0.5, 1000.0])
def test_every_frame_is_in_a_turn_of_its_speaker(longest: float) -> None:
    labels = some_labels(1)
    centres = (np.arange(len(labels)) + 0.5) * FRAME
    found = np.full(len(labels), SILENCE)
    for turn in turns_of(labels, 4, longest):
        found[(centres > turn.start) & (centres < turn.end)] = turn.speaker
    speaking = labels != SILENCE
    assert (found[speaking] == labels[speaking]).all()
    # Only pauses of less than three frames between frames of one speaker are filled.
    runs = np.flatnonzero(np.diff(np.concatenate([[0], ((found != SILENCE) & ~speaking).astype(int), [0]])))
    assert ((runs[1::2] - runs[::2]) < 3).all()


def test_a_turn_is_given_away_when_it_can_grow_no_more() -> None:
    turns = SpeakingTurns(FRAME, shortest_pause=0.3, longest=1.0)
    assert turns.add(np.zeros(5, dtype=np.int64)) == []
    assert turns.add(np.full(2, SILENCE)) == []
    assert turns.add(np.full(1, SILENCE)) == [Turn(0.0, 0.5, 0)]
    assert turns.finish() == []
    pieces = turns.add(np.full(25, 1))  # a long one is not held back
    assert [turn.speaker for turn in pieces] == [1]
    assert pieces[0].end == pytest.approx(3.3)


def test_a_pause_of_the_shortest_length_ends_a_turn_and_a_shorter_one_does_not() -> None:
    for pause, expected in ((2, 1), (3, 2)):
        labels = np.array([0] * 5 + [SILENCE] * pause + [0] * 5)
        assert len(turns_of(labels, 100)) == len(turns_of(labels, 1)) == expected


def test_no_frames_are_no_turns() -> None:
    turns = SpeakingTurns(FRAME)
    assert turns.add(np.empty(0, dtype=np.int64)) == []
    assert turns.add(np.full(50, SILENCE)) == []
    assert turns.finish() == []
