from __future__ import annotations

import numpy as np
import pytest
from pyannote.core import Annotation, Segment

from voxmetric.diarization.speaking_times import speaking_times


@pytest.mark.parametrize("seed", range(5))
def test_times_are_those_counted_on_a_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    annotation, grid = Annotation(), np.zeros((4, 300), dtype=bool)
    for turn in range(12):
        start, length, speaker = rng.integers(0, 250), rng.integers(1, 50), rng.integers(4)
        grid[speaker, start : start + length] = True
        annotation[Segment(start / 10, (start + length) / 10), turn] = f"s{speaker}"
    times = speaking_times(annotation)
    at_once = grid.sum(axis=0)
    np.testing.assert_allclose([times.speech, times.overlap], [(at_once > 0).sum() / 10, (at_once > 1).sum() / 10])
    assert [one.seconds for one in times.speakers] == sorted((one.seconds for one in times.speakers), reverse=True)
    for one in times.speakers:
        own = grid[int(one.name[1])]
        np.testing.assert_allclose(one.seconds, own.sum() / 10)
        np.testing.assert_allclose(one.overlapped, (own & (at_once > 1)).sum() / 10)
    np.testing.assert_allclose(sum(one.share for one in times.speakers), 1.0)
    assert sum(one.turns for one in times.speakers) == 12


def test_nobody_speaks() -> None:
    assert speaking_times(Annotation()).speakers == ()
