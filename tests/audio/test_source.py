from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.audio.source import AudioSource
from voxmetric.errors import InputError

RATE = 8000


@pytest.fixture
def samples() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(3 * RATE)).astype(np.float32)


@pytest.mark.parametrize("sample_rate", [RATE, 16_000])
def test_a_file_and_an_array_read_alike(samples: np.ndarray, tmp_path: Path, sample_rate: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    of_file, of_array = AudioSource(path), AudioSource(samples, sample_rate=RATE)
    assert (of_file.name, of_file.duration) == ("a", 3.0)
    for start, stop in ((0.0, 3.0), (0.5, 1.25), (2.5, 9.0), (3.0, 4.0), (7.0, 8.0)):
        one, other = (source.read(start, stop, sample_rate) for source in (of_file, of_array))
        assert len(one) == max(0, round((min(stop, 3.0) - start) * sample_rate))
        np.testing.assert_allclose(one, other, atol=1e-6)
    blocks = list(of_file.blocks(sample_rate, block_seconds=0.8))
    assert [len(block) for block in blocks] == [round(0.8 * sample_rate)] * 3 + [round(0.6 * sample_rate)]
    np.testing.assert_allclose(np.concatenate(blocks), of_file.read(0.0, 3.0, sample_rate), atol=1e-6)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    with pytest.raises(InputError, match="no samples"):
        AudioSource(tmp_path / "empty.wav")
    with pytest.raises(InputError, match="cannot read"):
        AudioSource(tmp_path / "missing.wav")
    with pytest.raises(InputError, match="shape"):
        AudioSource(np.zeros((2, 5), np.float32), sample_rate=RATE)
    with pytest.raises(InputError, match="int16"):
        AudioSource(np.zeros(5, np.int16), sample_rate=RATE)
