"""The sound behind a conversation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import welch

from voxmetric.diarization.simulation.background import PinkNoise, RecordedNoise, draw_background
from voxmetric.errors import InputError


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    noise = PinkNoise(np.random.default_rng(0)).take(400_000)
    assert np.square(noise, dtype=np.float64).mean() == pytest.approx(1.0, rel=0.15)
    frequency, power = welch(noise, 16_000, nperseg=4096)
    heard = (frequency > 60) & (frequency < 6000)
    slope = np.polyfit(np.log2(frequency[heard]), 10 * np.log10(power[heard]), 1)[0]
    assert slope == pytest.approx(-3.0, abs=0.3)


def test_pieces_do_not_matter() -> None:
    whole = PinkNoise(np.random.default_rng(1)).take(1000)
    source = PinkNoise(np.random.default_rng(1))
    assert np.array_equal(np.concatenate([source.take(count) for count in (0, 1, 299, 700)]), whole)


def test_a_recording_goes_on_from_its_beginning(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    recording = (0.1 * rng.standard_normal(8000)).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", recording, 8000, subtype="FLOAT")
    source = RecordedNoise(tmp_path / "noise.wav", 8000, rng)
    sound = np.concatenate([source.take(count) for count in (5000, 7000, 20_000)])
    assert np.square(sound).mean() == pytest.approx(1.0, rel=0.05)
    unit = recording / np.sqrt(np.square(recording).mean())
    start = int(np.argmin(np.abs(unit - sound[0])))
    expected = np.concatenate([unit[start:], np.tile(unit, 4)])[: len(sound)]
    assert np.allclose(sound, expected, atol=1e-4)


def test_bad_noises(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    assert draw_background("none", 8000, rng) is None
    with pytest.raises(InputError, match="expected noise none, pink or a folder"):
        draw_background(str(tmp_path), 8000, rng)
    soundfile.write(tmp_path / "silent.wav", np.zeros(100), 8000)
    with pytest.raises(InputError, match="silent"):
        draw_background(str(tmp_path), 8000, rng)
