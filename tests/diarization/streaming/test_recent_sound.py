"""Samples are found by their time, whatever is forgotten."""

from __future__ import annotations

import numpy as np

from voxmetric.diarization.streaming.recent_sound import RecentSound


def test_what_is_remembered_is_found_by_its_time() -> None:
    sound = RecentSound(10)
    samples = np.arange(100, dtype=np.float32)
    for first in range(0, 100, 7):
        sound.add(samples[first : first + 7])
        sound.forget(sound.heard_seconds - 3.0)
        assert len(sound._samples) <= 31
    assert sound.heard_seconds == 10.0
    assert sound.between(7.5, 8.0).tolist() == [75, 76, 77, 78, 79]
    assert sound.between(9.5, 20.0).tolist() == [95, 96, 97, 98, 99]  # as far as it has come
    assert sound.between(0.0, 7.2).tolist() == [70, 71]  # as far back as it is remembered
    sound.forget(100.0)
    assert sound.between(0.0, 10.0).tolist() == []
    assert sound.heard_seconds == 10.0
