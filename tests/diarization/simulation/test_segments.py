"""What is said without others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.turns import Turns
from voxmetric.diarization.simulation.segments import spoken_alone


@given(seed=st.integers(0, 10_000), count=st.integers(0, 12))
def test_against_brute_force(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    active = np.zeros((3, 60), np.int64)  # tenths of a second
    turns = []
    for _ in range(count):
        speaker, start, length = int(rng.integers(3)), int(rng.integers(50)), int(rng.integers(1, 10))
        if not active[speaker, max(0, start - 1) : start + length + 1].any():
            active[speaker, start : start + length] = 1
            turns.append((start / 10, (start + length) / 10, f"s{speaker}"))
    start, end = np.array([turn[:2] for turn in turns], np.float64).reshape(-1, 2).T
    found = spoken_alone(Turns.of_names(start, end, [turn[2] for turn in turns]), 0.3)
    expected = []
    for speaker in range(3):
        alone = (active[speaker] == 1) & (active.sum(axis=0) == 1)
        edges = np.flatnonzero(np.diff(np.r_[False, alone, False])).reshape(-1, 2)
        expected += [(a / 10, b / 10, f"s{speaker}") for a, b in edges.tolist() if b - a >= 3]
    named = [found.speakers[code] for code in found.speaker.tolist()]
    assert sorted(zip(found.start.tolist(), found.end.tolist(), named, strict=True)) == sorted(expected)
