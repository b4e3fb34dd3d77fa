from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.audio.augmentation.speed import Speed
from voxmetric.errors import InputError


def tone(num_samples: int, frequency: float) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(num_samples) / 16_000).astype(np.float32)


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.1, 2.0])
def test_pitch_moves_by_the_factor(factor):
    speed = Speed((factor,))
    played = speed(tone(speed.input_samples(32_000), 1000.0), np.random.default_rng(0))[:32_000]
    assert played.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(played * np.hanning(32_000)))
    assert np.argmax(spectrum) / 2 == pytest.approx(1000.0 * factor, abs=1.0)


@given(
    num_samples=st.integers(1, 50_000),
    factors=st.lists(st.floats(0.5, 2.0), min_size=1, max_size=3),
    probability=st.sampled_from([0.0, 1.0]),
)
def test_at_least_the_promised_samples_come_out(num_samples, factors, probability):
    speed = Speed(factors, probability)
    given_samples = speed.input_samples(num_samples)
    played = speed(np.ones(given_samples, dtype=np.float32), np.random.default_rng(0))
    assert num_samples <= len(played) <= given_samples


def test_all_factors_are_drawn():
    speed, rng = Speed((0.8, 1.0, 1.25)), np.random.default_rng(0)
    waveform = tone(speed.input_samples(16_000), 1000.0)
    peaks = {round(int(np.argmax(np.abs(np.fft.rfft(speed(waveform, rng)[:16_000])))), -1) for _ in range(40)}
    assert peaks == {800, 1000, 1250}


@pytest.mark.parametrize("factors", [(), (0.4,), (1.0, 2.5)])
def test_factors_out_of_range_are_refused(factors):
    with pytest.raises(InputError, match="speed factors must lie in"):
        Speed(factors)
