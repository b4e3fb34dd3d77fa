from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.augmentation.simulated_reverberation import SimulatedReverberation
from voxmetric.errors import InputError


def decay_time(response: np.ndarray, sample_rate: int) -> float:
    """Reverberation time from the slope of the backward-integrated energy between -5 and -25 dB (Schroeder, 1965)."""
    energy = np.cumsum(response[::-1].astype(np.float64) ** 2)[::-1]
    curve = 10 * np.log10(energy / energy[0])
    span = np.flatnonzero((curve < -5) & (curve > -25))
    slope = np.polyfit(span / sample_rate, curve[span], 1)[0]
    return -60.0 / slope


@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_tail_decays_by_60_decibels_in_the_reverberation_time(seconds):
    room = SimulatedReverberation((seconds, seconds), (0.0, 0.0))
    response = room.response(np.random.default_rng(0))
    assert decay_time(response[100:], 16_000) == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("ratio", [-3.0, 10.0])
def test_direct_path_has_the_stated_energy_against_the_tail(ratio):
    response = SimulatedReverberation((0.4, 0.4), (ratio, ratio)).response(np.random.default_rng(1))
    assert response[0] == 1.0
    assert not response[1:40].any()
    assert -10 * np.log10((response[1:].astype(np.float64) ** 2).sum()) == pytest.approx(ratio, abs=0.01)


def test_speech_keeps_its_length_and_type(speech):
    reverberant = SimulatedReverberation()(speech, np.random.default_rng(0))
    assert reverberant.shape == speech.shape
    assert reverberant.dtype == np.float32
    assert not np.allclose(reverberant, speech, atol=1e-3)


def test_direct_path_stays_in_place_even_below_a_loud_tail(speech):
    room = SimulatedReverberation((0.2, 0.2), (0.0, 0.0))
    lags = np.correlate(room(speech, np.random.default_rng(3)), speech[2000:30000], mode="valid")
    assert np.argmax(lags) == 2000


def test_options_out_of_range_are_refused():
    with pytest.raises(InputError, match="reverberation_time"):
        SimulatedReverberation(reverberation_time=(0.0, 0.5))
    with pytest.raises(InputError, match="direct_to_reverberant"):
        SimulatedReverberation(direct_to_reverberant=(3.0, 1.0))
