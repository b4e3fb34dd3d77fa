"""Rooms with a place for each speaker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.diarization.simulation.rooms import draw_room, rooms_in
from voxmetric.errors import InputError


def test_no_room() -> None:
    assert draw_room("none", 3, 8000, np.random.default_rng(0)) == [None, None, None]


@pytest.mark.parametrize("kind", ["simulated", "shoebox"])
def test_each_speaker_has_a_place_in_one_room(kind: str) -> None:
    if kind == "shoebox":
        pytest.importorskip("pyroomacoustics", reason="the extra `rir` is not installed")
    first, again = (draw_room(kind, 3, 8000, np.random.default_rng(4)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one is not None
        assert np.array_equal(one, other)
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
    assert not np.array_equal(first[0], first[1])


def test_a_sub_folder_is_a_room(tmp_path: Path) -> None:
    (tmp_path / "hall").mkdir()
    for place, name in enumerate(("hall/near", "hall/far", "closet"), start=1):
        soundfile.write(tmp_path / f"{name}.wav", np.eye(1, 100, place)[0], 8000)
    assert [[path.stem for path in room] for room in rooms_in(tmp_path)] == [["closet"], ["far", "near"]]
    peaks = {
        tuple(int(response.argmax()) for response in draw_room(str(tmp_path), 2, 8000, np.random.default_rng(seed)))
        for seed in range(20)
    }
    assert peaks == {(3, 3), (1, 2), (2, 1)}


def test_a_folder_without_responses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected room none, simulated, shoebox or a folder"):
        draw_room(str(tmp_path / "nowhere"), 2, 8000, np.random.default_rng(0))
    soundfile.write(tmp_path / "silent.wav", np.zeros(100), 8000)
    with pytest.raises(InputError, match="silent"):
        draw_room(str(tmp_path), 2, 8000, np.random.default_rng(0))
