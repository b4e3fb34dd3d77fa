from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.noise import Noise
from voxmetric.errors import InputError


def hum(seconds: float, frequency: float = 440.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * 16_000)) / 16_000)


def decibels(power_ratio: float) -> float:
    return 10 * np.log10(power_ratio)


@pytest.mark.parametrize("level", [1.0, 1e-4, 1e-10])
def test_ratio_holds_at_any_level(speech, folder_with, level):
    noise = Noise(folder_with(hum(5.0)), snr=(7.0, 7.0))
    quiet = speech * np.float32(level)
    added = noise(quiet, np.random.default_rng(0)).astype(np.float64) - quiet
    ratio = decibels(np.mean(quiet.astype(np.float64) ** 2) / np.mean(added**2))
    assert ratio == pytest.approx(7.0, abs=0.01)


def test_ratios_are_drawn_over_the_whole_range(speech, folder_with):
    noise, rng = Noise(folder_with(hum(5.0)), snr=(0.0, 15.0)), np.random.default_rng(0)
    ratios = [decibels(np.mean(speech**2) / np.mean((noise(speech, rng) - speech) ** 2)) for _ in range(300)]
    assert min(ratios) == pytest.approx(0.0, abs=0.5)
    assert max(ratios) == pytest.approx(15.0, abs=0.5)


def test_a_short_recording_is_repeated(speech, folder_with):
    noise = Noise(folder_with(hum(0.5)), snr=(0.0, 0.0))
    added = noise(speech, np.random.default_rng(1)) - speech
    np.testing.assert_allclose(added[:24_000], added[8_000:], atol=1e-6)
    assert np.abs(added[-8_000:]).max() > 0


def test_crops_of_a_long_recording_differ(folder_with, speech):
    ramp = np.linspace(0.01, 0.9, 160_000)
    noise, rng = Noise(folder_with(ramp), snr=(0.0, 0.0)), np.random.default_rng(0)
    assert not np.allclose(noise(speech, rng), noise(speech, rng), atol=1e-4)


def test_silence_stays_silence_and_silent_noise_adds_nothing(speech, folder_with):
    noise = Noise(folder_with(np.zeros(16_000)))
    np.testing.assert_array_equal(noise(speech, np.random.default_rng(0)), speech)
    audible = Noise(folder_with(hum(1.0)))
    silence = np.zeros(16_000, dtype=np.float32)
    np.testing.assert_array_equal(audible(silence, np.random.default_rng(0)), silence)


def test_the_same_generator_state_gives_the_same_noise(speech, folder_with):
    noise = Noise(folder_with(hum(5.0), hum(5.0, 1000.0)))
    first = noise(speech, np.random.default_rng(5))
    np.testing.assert_array_equal(first, noise(speech, np.random.default_rng(5)))


def test_recordings_of_another_rate_are_resampled(speech, folder_with):
    at_8_khz = 0.3 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 8_000)
    noise = Noise(folder_with(at_8_khz, sample_rate=8_000), snr=(0.0, 0.0))
    spectrum = np.abs(np.fft.rfft(noise(speech, np.random.default_rng(0)) - speech))
    assert np.argmax(spectrum) == 880


def test_bad_options_are_refused(tmp_path, folder_with):
    with pytest.raises(InputError, match="expected a folder with audio files, found none"):
        Noise(tmp_path / "nowhere")
    folder = folder_with(hum(1.0))
    with pytest.raises(InputError, match="snr must be two finite numbers"):
        augmentation.create("noise", folder=folder, snr=[5, 0])


def test_an_unreadable_recording_is_named(tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"no audio at all")
    soundfile.write(tmp_path / "good.wav", hum(1.0), 16_000)
    with pytest.raises(InputError, match=r"broken\.wav"):
        Noise(tmp_path)
