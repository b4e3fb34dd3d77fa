from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.audio.recordings import Recordings
from voxmetric.data.speeds import with_speeds
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

RATE = 16_000


def _table() -> UtteranceTable:
    columns = {"id": ["x", "y"], "path": ["x.wav", "y.wav"], "speaker": ["a", "b"], "duration": np.array([1.0, 2.0])}
    return UtteranceTable.from_columns(columns, "/recordings", "a test")


def test_speakers_at_another_speed_are_other_speakers() -> None:
    table = with_speeds(_table(), [0.9, 1.1])
    assert table.ids.tolist() == ["x", "y", "x@0.9", "y@0.9", "x@1.1", "y@1.1"]
    assert table.speakers.tolist() == ["a", "b", "a@0.9", "b@0.9", "a@1.1", "b@1.1"]
    assert table.column("playback_speed").tolist() == ["1", "1", "0.9", "0.9", "1.1", "1.1"]
    assert table.paths.tolist() == ["/recordings/x.wav", "/recordings/y.wav"] * 3


@pytest.mark.parametrize("speeds", [[1.0], [0.4], [2.5], [0.9, 0.9]])
def test_speeds_out_of_range_or_repeated_are_refused(speeds: list[float]) -> None:
    with pytest.raises(InputError, match="expected different speeds"):
        with_speeds(_table(), speeds)


@pytest.mark.parametrize("cache_bytes", [0, 10**7])
@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_a_recording_at_another_speed_has_its_pitch_and_length_scaled(
    tmp_path: Path, speed: float, cache_bytes: int
) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.sin(2 * np.pi * 500 * np.arange(4 * RATE) / RATE), RATE)
    recordings = Recordings(
        [str(path)], sample_rate=RATE, starts=[1.0], durations=[2.0], speeds=[speed], cache_bytes=cache_bytes
    )
    length = recordings.num_samples(0)
    assert length == round(2 * RATE / speed)
    samples = recordings.crop(0, 0, length)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(length)))
    assert np.argmax(spectrum) * RATE / length == pytest.approx(500 * speed, abs=1.0)
