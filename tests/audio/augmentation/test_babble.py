from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.babble import Babble
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError


def hum(seconds: float, frequency: float) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * 16_000)) / 16_000)


def powers(added: np.ndarray, frequencies: list[int]) -> np.ndarray:
    spectrum = np.abs(np.fft.rfft(added)) ** 2
    return np.array([spectrum[2 * frequency - 4 : 2 * frequency + 5].sum() for frequency in frequencies])


def test_talkers_are_mixed_at_equal_power_and_the_drawn_ratio(speech, folder_with):
    tones = [gain * hum(3.0, frequency) for gain, frequency in zip((1, 0.1, 0.5), (300, 700, 1500), strict=True)]
    talkers = Babble(folder_with(*tones), snr=(4.0, 4.0), talkers=(3, 3))
    added = talkers(speech, np.random.default_rng(0)) - speech
    found = powers(added, [300, 700, 1500])
    np.testing.assert_allclose(found, np.mean(found), rtol=0.02)
    assert 10 * np.log10(np.mean(speech**2) / np.mean(added**2)) == pytest.approx(4.0, abs=0.01)


def test_as_many_different_talkers_as_were_drawn(speech, folder_with):
    frequencies = list(range(200, 2200, 100))
    talkers, rng = (
        Babble(folder_with(*(hum(2.0, one) for one in frequencies)), snr=(0.0, 0.0)),
        np.random.default_rng(0),
    )
    numbers = set()
    for _ in range(80):
        found = powers(talkers(speech, rng) - speech, frequencies)
        numbers.add(int((found > 0.1 * found.max()).sum()))
    assert numbers == {3, 4, 5, 6, 7}


def test_more_talkers_than_recordings_come_again(speech, folder_with):
    mixed = Babble(folder_with(hum(1.0, 440)), talkers=(4, 4))(speech, np.random.default_rng(0))
    assert mixed.shape == speech.shape
    assert mixed.dtype == np.float32


def test_without_a_folder_the_corpus_talks(speech, folder_with):
    folder = folder_with(*(hum(2.0, one) for one in (300, 500, 800, 1300)))
    (folder / "2.flac").write_bytes(b"no audio at all")
    corpus = Recordings([str(path) for path in sorted(folder.iterdir())], sample_rate=16_000)
    chain = augmentation.create("chain", parts=[{"name": "babble", "snr": [0, 0], "talkers": [3, 3]}])
    with pytest.raises(InputError, match="name a folder instead"):
        chain(speech, np.random.default_rng(0))
    chain.offer_corpus(corpus)
    found = powers(chain(speech, np.random.default_rng(0)) - speech, [300, 500, 800, 1300])
    assert (found > 0.2 * found.max()).tolist() == [True, True, False, True]  # the damaged one is passed over


def test_a_folder_is_not_given_up_for_the_corpus(speech, folder_with, tmp_path):
    talkers = Babble(folder_with(hum(2.0, 300)), snr=(0.0, 0.0))
    talkers.offer_corpus(Recordings([str(tmp_path / "missing.wav")], sample_rate=16_000))
    assert powers(talkers(speech, np.random.default_rng(0)) - speech, [300])[0] > 0


def test_a_corpus_that_cannot_be_read_is_an_error(speech, tmp_path):
    talkers = Babble()
    talkers.offer_corpus(Recordings([str(tmp_path / "missing.wav")], sample_rate=16_000))
    with pytest.raises(InputError, match=r"too few recordings that can be read, the last one: .*missing\.wav"):
        talkers(speech, np.random.default_rng(0))


def test_bad_options_are_refused():
    with pytest.raises(InputError, match="the lower at least 1"):
        Babble(talkers=(0, 2))
    with pytest.raises(InputError, match="talkers must be two whole numbers"):
        Babble(talkers=(1.5, 2))
