from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.augmentation.reverberation import Reverberation, convolve
from voxmetric.errors import InputError


def naive_convolution(waveform: np.ndarray, response: np.ndarray) -> np.ndarray:
    scaled = response.astype(np.float64) / np.sqrt((response.astype(np.float64) ** 2).sum())
    direct = int(np.argmax(np.abs(response)))
    result = np.zeros(len(waveform))
    for time in range(len(waveform)):
        for delay, tap in enumerate(scaled):
            source = time + direct - delay
            if 0 <= source < len(waveform):
                result[time] += tap * waveform[source]
    return result


def test_convolution_equals_the_sum_it_is_defined_as(speech):
    response = np.random.default_rng(0).standard_normal(40).astype(np.float32) * 0.3
    response[7] = 2.0
    np.testing.assert_allclose(convolve(speech[:300], response), naive_convolution(speech[:300], response), atol=1e-6)


@pytest.mark.parametrize(("num_samples", "length", "direct"), [(50, 400, 0), (50, 400, 399), (50, 400, 170), (1, 1, 0)])
def test_nothing_wraps_around_wherever_the_direct_path_is(speech, num_samples, length, direct):
    response = np.random.default_rng(0).uniform(-0.3, 0.3, length).astype(np.float32)
    response[direct] = 1.0
    expected = naive_convolution(speech[:num_samples], response)
    np.testing.assert_allclose(convolve(speech[:num_samples], response), expected, atol=1e-6)


def test_a_room_met_again_sounds_the_same_for_any_length(speech, folder_with):
    decay = (np.random.default_rng(1).standard_normal(6000) * np.exp(-np.arange(6000) / 800) * 0.05).astype(np.float32)
    decay[0] = 0.9
    room = Reverberation(folder_with(decay))
    first = [room(speech[:length], np.random.default_rng(0)) for length in (32_000, 9000, 500)]
    again = [room(speech[:length], np.random.default_rng(0)) for length in (32_000, 9000, 500)]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_allclose(one, first[0][: len(one)], atol=1e-6)


def test_a_lone_direct_path_changes_neither_time_nor_level(speech):
    response = np.zeros(500, dtype=np.float32)
    response[120] = 0.02
    np.testing.assert_allclose(convolve(speech, response), speech, atol=1e-6)


def test_speech_keeps_its_length_type_and_place(speech, folder_with):
    decay = np.random.default_rng(1).standard_normal(6000) * np.exp(-np.arange(6000) / 800) * 0.05
    decay[400] = 0.9
    reverberant = Reverberation(folder_with(decay))(speech, np.random.default_rng(0))
    assert reverberant.shape == speech.shape
    assert reverberant.dtype == np.float32
    lags = np.correlate(reverberant, speech[2000:30000], mode="valid")
    assert np.argmax(lags) == 2000


def test_every_response_of_the_folder_is_drawn(folder_with):
    click = np.zeros(200, dtype=np.float32)
    click[0] = 1.0
    echoes = []
    for delay in (10, 20, 30):
        response = np.zeros(100)
        response[0], response[delay] = 0.9, 0.4
        echoes.append(response)
    room, rng = Reverberation(folder_with(*echoes)), np.random.default_rng(0)
    delays = {int(np.argsort(np.abs(room(click, rng)))[-2]) for _ in range(60)}
    assert delays == {10, 20, 30}


def test_a_silent_response_is_refused(speech, folder_with):
    room = Reverberation(folder_with(np.zeros(400)))
    with pytest.raises(InputError, match=r"0\.flac is silent and no impulse response"):
        room(speech, np.random.default_rng(0))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder with audio files"):
        Reverberation(tmp_path)
