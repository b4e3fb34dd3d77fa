from __future__ import annotations

import numpy as np
import pytest
import soundfile

from voxmetric.audio.augmentation.codec import Codec
from voxmetric.errors import InputError

NAMES = ["mu_law", "a_law", "gsm", "mp3", "vorbis", "opus"]
FREQUENCIES = np.arange(16_001) / 2


@pytest.fixture
def voice() -> np.ndarray:
    """Two seconds (32000,) of a hum with harmonics up to 3 kHz, louder and softer."""
    time = np.arange(32_000) / 16_000
    hum = sum(np.sin(2 * np.pi * 150 * k * time + k) / k for k in range(1, 20))
    return (0.1 * hum * (1.2 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [1.0, 20.0])
def test_what_comes_out_is_in_time_at_the_level_of_what_goes_in_and_not_the_same(voice, rng, name, level):
    loud = voice * np.float32(level)  # far beyond full scale at 20
    passed = Codec([name], compression=(0.5, 0.5))(loud, rng)
    assert passed.shape == loud.shape
    assert passed.dtype == np.float32
    overlap = np.fft.irfft(np.fft.rfft(passed, 65_536) * np.conj(np.fft.rfft(loud, 65_536)))
    assert np.argmax(overlap) == 0
    assert np.corrcoef(passed, loud)[0, 1] > 0.8
    assert np.std(passed) == pytest.approx(np.std(loud), rel=0.25)
    assert np.mean((passed - loud) ** 2) / np.mean(loud**2) > 1e-5


@pytest.mark.parametrize("name", ["mu_law", "a_law", "gsm"])
def test_telephony_is_narrow_band(speech, rng, name):
    after = np.abs(np.fft.rfft(Codec([name])(speech, rng))) ** 2
    assert after[FREQUENCIES > 4200].sum() < 1e-3 * after.sum()
    assert after[(FREQUENCIES > 2000) & (FREQUENCIES < 3400)].sum() > 1e-3 * after.sum()


def test_mu_law_is_that_of_the_standard(rng):
    passed = Codec(["mu_law"], sample_rate=8000)(np.linspace(-1, 1, 4001, dtype=np.float32), rng)
    assert len(set(passed.tolist())) <= 256
    samples = np.linspace(-0.99, 0.99, 4001)
    companded = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)
    steps = np.sign(companded) * np.round(np.abs(companded) * 127) / 127
    expected = np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255
    found = Codec(["mu_law"], sample_rate=8000)(samples.astype(np.float32), rng)
    np.testing.assert_allclose(found, expected, atol=0.045)  # the standard's curve is one of straight pieces


def test_every_codec_and_compression_is_drawn(voice):
    codec, rng = Codec(["mp3", "mu_law"], compression=(0.0, 0.9)), np.random.default_rng(0)
    errors = {round(float(np.mean((codec(voice, rng) - voice) ** 2)), 9) for _ in range(12)}
    assert len(errors) > 4  # one of mu_law, others of mp3 at different bit rates


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_state_gives_the_same_result(voice, name):
    codec = Codec([name])
    first = codec(voice, np.random.default_rng(5))
    np.testing.assert_array_equal(first, codec(voice, np.random.default_rng(5)))


@pytest.mark.parametrize("name", NAMES)
def test_short_and_silent_waveforms_pass(rng, name):
    for length in (1, 100, 3000):
        for compression in (0.0, 0.98):
            silence = np.zeros(length, dtype=np.float32)
            passed = Codec([name], compression=(compression, compression))(silence, rng)
            assert passed.shape == silence.shape
            assert np.abs(passed).max() < 0.01


def test_bad_options_are_refused(monkeypatch):
    with pytest.raises(InputError, match="did you mean 'mp3'"):
        Codec(["mp4"])
    with pytest.raises(InputError, match="needs a list of codecs"):
        Codec("mp3")
    with pytest.raises(InputError, match=r"must not exceed 0\.98"):
        Codec(compression=(0.0, 1.0))
    monkeypatch.setattr(soundfile, "check_format", lambda _, encoding: encoding != "GSM610")
    with pytest.raises(InputError, match="lacks gsm: leave it out"):
        Codec()
