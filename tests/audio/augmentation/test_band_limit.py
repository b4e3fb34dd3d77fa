from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.augmentation.band_limit import BandLimit
from voxmetric.errors import InputError

FREQUENCIES = np.arange(16_001) / 2  # of the spectrum of two seconds


def spectrum(waveform: np.ndarray) -> np.ndarray:
    return np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)))) ** 2


def test_the_band_stays_as_it_is_and_the_rest_goes(speech, rng):
    telephone = BandLimit(low=(300.0, 300.0), high=(3400.0, 3400.0))
    limited = telephone(speech, rng)
    assert limited.shape == speech.shape
    assert limited.dtype == np.float32
    before, after = spectrum(speech), spectrum(limited)
    inside = (FREQUENCIES > 320) & (FREQUENCIES < 3380)
    outside = (FREQUENCIES < 180) | (FREQUENCIES > 3520)
    np.testing.assert_allclose(after[inside].sum(), before[inside].sum(), rtol=1e-3)
    assert after[outside].sum() < 1e-4 * before[outside].sum()


def test_a_tone_within_the_band_keeps_time_and_level(rng):
    tone = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(32_000) / 16_000) * np.hanning(32_000)).astype(np.float32)
    np.testing.assert_allclose(BandLimit()(tone, rng), tone, atol=1e-4)


def test_the_widest_limits_remove_nothing(speech, rng):
    np.testing.assert_allclose(BandLimit((0.0, 0.0), (8000.0, 8000.0))(speech, rng), speech, atol=1e-6)


def test_limits_are_drawn_over_their_ranges(rng):
    band, highest = BandLimit(low=(0.0, 0.0), high=(2000.0, 6000.0)), []
    white = rng.standard_normal(32_000).astype(np.float32)
    for _ in range(200):
        after = spectrum(band(white, rng))
        highest.append(FREQUENCIES[np.flatnonzero(after > 1e-3 * after.max())[-1]])
    assert 2000 < min(highest) < 2300
    assert 5700 < max(highest) < 6150


def test_the_end_does_not_reach_the_beginning(rng):
    late = np.zeros(16_000, dtype=np.float32)
    late[-1] = 1.0
    limited = BandLimit((300.0, 300.0), (3400.0, 3400.0))(late, rng)
    assert np.abs(limited[:8000]).max() < 1e-4


def test_bad_options_are_refused():
    with pytest.raises(InputError, match="low below high, found low up to 4000 and high from 3400"):
        BandLimit(low=(0.0, 4000.0))
    with pytest.raises(InputError, match="low must be two finite numbers"):
        BandLimit(low=(-1.0, 300.0))
