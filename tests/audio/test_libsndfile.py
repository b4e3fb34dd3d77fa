"""Decoding with libsndfile against the standard library's reader of wav, part by part."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.audio import libsndfile
from voxmetric.errors import InputError

RATE, FRAMES = 11025, 5000


def write_wav(path: Path, seed: int = 0, channels: int = 2) -> np.ndarray:
    """A wav of 16-bit noise; what it holds, (FRAMES, channels) in [-1, 1)."""
    samples = np.random.default_rng(seed).integers(-(2**15), 2**15, (FRAMES, channels)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, RATE, FRAMES, "NONE", ""))
        file.writeframes(samples.tobytes())
    return (samples / 2**15).astype(np.float32)


def test_the_header_is_told(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav")
    assert libsndfile.inspect(str(tmp_path / "a.wav")) == (RATE, 2, FRAMES, "WAV PCM_16")


def test_parts_in_any_order_are_the_samples_that_were_written(tmp_path: Path) -> None:
    path = str(tmp_path / "a.wav")
    whole = write_wav(tmp_path / "a.wav")
    np.testing.assert_array_equal(libsndfile.decode(path, 0, None), whole)
    rng = np.random.default_rng(1)
    last = 0
    for _ in range(50):
        first = int(rng.choice([last, rng.integers(FRAMES)]))  # where the last part ended, or anywhere
        count = int(rng.integers(1, 400))
        part = libsndfile.decode(path, first, count)
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part, whole[first : first + count])
        last = min(FRAMES - 1, first + count)
    np.testing.assert_array_equal(libsndfile.decode(path, 0, 7), whole[:7])  # back to the beginning


def test_a_part_past_the_end_is_empty_and_one_across_it_shorter(tmp_path: Path) -> None:
    path = str(tmp_path / "a.wav")
    whole = write_wav(tmp_path / "a.wav")
    np.testing.assert_array_equal(libsndfile.decode(path, FRAMES - 3, 10), whole[-3:])
    for first, count in ((FRAMES, None), (FRAMES + 7, 10), (100, 0)):
        assert libsndfile.decode(path, first, count).shape == (0, 2)


def test_more_files_in_turn_than_are_kept_open(tmp_path: Path) -> None:
    number = 2 * libsndfile._KEPT_OPEN
    written = [write_wav(tmp_path / f"{place}.wav", seed=place, channels=1) for place in range(number)]
    for first in (0, 1000):
        for place, whole in enumerate(written):
            part = libsndfile.decode(str(tmp_path / f"{place}.wav"), first, 1000)
            np.testing.assert_array_equal(part, whole[first : first + 1000])


KINDS = {
    ".aif": ("AIFF", "PCM_16"),
    ".aiff": ("AIFF", "PCM_16"),
    ".au": ("AU", "PCM_16"),
    ".caf": ("CAF", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".oga": ("OGG", "VORBIS"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".sph": ("NIST", "PCM_16"),
    ".w64": ("W64", "PCM_16"),
    ".wav": ("WAV", "PCM_16"),
}


@pytest.mark.parametrize("suffix", sorted(libsndfile.SUFFIXES))
def test_every_ending_is_of_files_that_can_be_read(tmp_path: Path, suffix: str) -> None:
    times = np.arange(16000) / 16000
    tone = 0.5 * np.sin(2 * np.pi * 440 * times)
    kind, coding = KINDS[suffix]
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, tone, 16000, format=kind, subtype=coding)
    assert libsndfile.inspect(str(path))[:3] == (16000, 1, 16000)
    found = libsndfile.decode(str(path), 0, None)[:, 0]
    exact = coding == "PCM_16"
    assert np.abs(found - tone)[1000:-1000].max() < (2**-15 if exact else 0.05)


def test_errors_are_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        libsndfile.inspect(str(tmp_path / "none.wav"))
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"text\.wav: not a recording in a known format"):
        libsndfile.decode(str(tmp_path / "text.wav"), 0, 1)
