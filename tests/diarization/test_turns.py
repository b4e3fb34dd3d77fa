from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.frames import Frames
from voxmetric.diarization.turns import turns_of

FRAMES = Frames.of(Regions.between([(0.0, 2.0), (2.25, 4.0), (4.0, 5.0), (6.0, 6.05)]), 0.25)


def naive(active: np.ndarray, longest_bridged: float) -> list[tuple[float, float, str]]:
    """Frame by frame: a frame goes on with the speaker's last turn, is bridged to it, or begins another."""
    turns: list[tuple[float, float, str]] = []
    for speaker in range(active.shape[1]):
        own: list[list[float]] = []
        for frame in np.flatnonzero(active[:, speaker]):
            start, end = FRAMES.starts[frame], FRAMES.ends[frame]
            if own and (start - own[-1][1] < 1e-6 or start - own[-1][1] < longest_bridged):
                own[-1][1] = end
            else:
                own.append([start, end])
        turns += [(round(start, 3), round(end, 3), str(speaker)) for start, end in own]
    return sorted(turns, key=lambda turn: (turn[0], turn[1], turn[2]))


@pytest.mark.parametrize("longest_bridged", [0.0, 0.25, 0.3, 0.6])
def test_turns_are_those_made_frame_by_frame(longest_bridged: float) -> None:
    for seed in range(50):
        active = np.random.default_rng(seed).random((len(FRAMES.starts), 3)) < 0.6
        found = turns_of(FRAMES, active, longest_bridged)
        speakers = [found.speakers[place] for place in found.speaker]
        assert list(zip(found.start.tolist(), found.end.tolist(), speakers, strict=True)) == naive(
            active, longest_bridged
        )


def test_nobody_has_no_turns() -> None:
    assert len(turns_of(FRAMES, np.zeros((len(FRAMES.starts), 2), np.bool_), 0.3).start) == 0
