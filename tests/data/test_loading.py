from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.loading import first_readable, recordings_of, share_of
from voxmetric.data.speeds import with_speeds
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_shares_are_contiguous_and_complete():
    assert [share_of(6, rank, 3) for rank in range(3)] == [range(2), range(2, 4), range(4, 6)]
    with pytest.raises(InputError, match="a multiple of the 4 processes, found 6"):
        share_of(6, 0, 4)


def test_the_first_readable_row_is_taken_and_those_before_it_remembered():
    def read(row: int) -> str:
        if row < 3:
            raise InputError(f"{row} is damaged")
        return f"read {row}"

    skipped: list[int] = []
    assert first_readable(iter([1, 2, 5, 0]), read, skipped) == (5, "read 5")
    assert skipped == [1, 2]
    with pytest.raises(InputError, match="0 is damaged"):
        first_readable([1, 0], read, skipped)
    assert skipped == [1, 2, 1, 0]


def test_playback_speeds_of_the_table_are_honoured(tmp_path: Path):
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 500 * np.arange(16_000) / 16_000), 16_000)
    one = UtteranceTable.from_columns({"path": ["tone.wav"], "speaker": ["a"], "duration": [1.0]}, tmp_path, "test")
    recordings = recordings_of(with_speeds(one, [0.8]), 16_000, 10**6)
    assert [recordings.num_samples(row) for row in (0, 1)] == [16_000, 20_000]
    peaks = [np.argmax(np.abs(np.fft.rfft(recordings.crop(row, 0, 16_000)))) for row in (0, 1)]
    assert peaks == [500, 400]
