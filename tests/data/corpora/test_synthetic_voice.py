from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from voxmetric.data.corpora.synthetic_voice import SAMPLE_RATE, draw_voice, speak


def measured_pitch(waveform: np.ndarray) -> float:
    """Fundamental frequency in Hz: the median over loud frames of the lag of greatest autocorrelation."""
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 1024)[::256].astype(np.float64)
    energy = (frames**2).sum(axis=1)
    spectrum = np.abs(np.fft.rfft(frames[energy > np.median(energy)], 2048)) ** 2
    correlation = np.fft.irfft(spectrum)[:, SAMPLE_RATE // 400 : SAMPLE_RATE // 60]
    return float(np.median(SAMPLE_RATE / (correlation.argmax(axis=1) + SAMPLE_RATE // 400)))


def average_spectrum(waveform: np.ndarray) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 400)[::160] * np.hanning(400)
    return np.log(np.abs(np.fft.rfft(frames)).mean(axis=0))


def test_recordings_have_their_length_and_fit_into_16_bits():
    rng = np.random.default_rng(0)
    for seconds in (0.3, 1.0, 2.123):
        waveform = speak(draw_voice(rng), seconds, rng)
        assert waveform.dtype == np.float32
        assert len(waveform) == pytest.approx(seconds * SAMPLE_RATE, abs=40)
        assert np.isfinite(waveform).all()
        assert 0.005 < np.abs(waveform).max() < 1.0


def test_the_same_seed_says_the_same():
    voice = draw_voice(np.random.default_rng(1))
    first, again, other = (speak(voice, 0.5, np.random.default_rng(seed)) for seed in (2, 2, 3))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("pitch", [90.0, 150.0, 240.0])
def test_a_voice_has_its_pitch(pitch):
    rng = np.random.default_rng(0)
    voice = dataclasses.replace(draw_voice(rng), pitch=pitch, breathiness=0.01, liveliness=0.03)
    measured = np.median([measured_pitch(speak(voice, 2.0, rng)) for _ in range(7)])
    assert measured == pytest.approx(pitch, rel=0.08)


def test_recordings_of_one_voice_differ_less_than_those_of_two():
    rng = np.random.default_rng(5)
    voices = [draw_voice(rng) for _ in range(12)]
    spectra = np.stack([[average_spectrum(speak(voice, 1.5, rng)) for _ in range(3)] for voice in voices])
    spectra -= spectra.mean(axis=2, keepdims=True)
    distances = np.linalg.norm(spectra[:, None, :, None] - spectra[None, :, None, :], axis=-1)
    same = np.eye(len(voices), dtype=bool)
    within = distances[same][:, *np.triu_indices(3, 1)]
    assert within.mean() < 0.8 * distances[~same].mean()
    assert within.max() > distances[~same].min()  # but there is something to learn
