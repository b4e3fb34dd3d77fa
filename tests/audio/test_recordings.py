from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.audio import recordings as recordings_module
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError

RATE = 16_000


@pytest.fixture
def waveforms() -> list[np.ndarray]:
    """Ten recordings of 0.5 to 1.4 s on the grid of 16 bits."""
    rng = np.random.default_rng(0)
    return [np.round(rng.uniform(-0.5, 0.5, 8000 + 1600 * n) * 32768).astype(np.float32) / 32768 for n in range(10)]


@pytest.fixture
def paths(tmp_path: Path, waveforms: list[np.ndarray]) -> list[str]:
    names = [str(tmp_path / f"{number}.flac") for number in range(len(waveforms))]
    for name, waveform in zip(names, waveforms, strict=True):
        soundfile.write(name, waveform, RATE, subtype="PCM_16")
    return names


@pytest.mark.parametrize("cache_bytes", [0, 100_000, 2**20])
def test_crops_are_slices_of_the_whole(paths, waveforms, cache_bytes):
    durations = [len(waveform) / RATE for waveform in waveforms]
    recordings = Recordings(paths, sample_rate=RATE, durations=durations, cache_bytes=cache_bytes)
    for _ in range(2):
        for index, whole in enumerate(waveforms):
            assert recordings.num_samples(index) == len(whole)
            np.testing.assert_array_equal(recordings.crop(index, 1234, 5000), whole[1234:6234])


@pytest.mark.parametrize("cache_bytes", [0, 2**20])
def test_a_short_recording_is_repeated_from_any_position(paths, waveforms, cache_bytes):
    recordings = Recordings(
        paths, sample_rate=RATE, durations=[w.size / RATE for w in waveforms], cache_bytes=cache_bytes
    )
    expected = waveforms[0][(300 + np.arange(20_000)) % 8000]
    np.testing.assert_array_equal(recordings.crop(0, 300, 20_000), expected)


def test_parts_and_channels_of_a_file(tmp_path):
    left, right = (np.arange(32_000) / 2**15 * sign for sign in (0.9, -0.3))
    soundfile.write(tmp_path / "two.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    path = str(tmp_path / "two.wav")
    for cache_bytes in (0, 2**20):
        recordings = Recordings(
            [path] * 3,
            sample_rate=RATE,
            starts=[0.5, 1.0, 0.0],
            durations=[0.25, 0.5, np.nan],
            channels=["0", "1", "mix"],
            cache_bytes=cache_bytes,
        )
        assert [recordings.num_samples(index) for index in range(3)] == [4000, 8000, 32_000]
        np.testing.assert_array_equal(recordings.crop(0, 10, 100), left[8010:8110].astype(np.float32))
        np.testing.assert_array_equal(recordings.crop(1, 10, 100), right[16_010:16_110].astype(np.float32))
        mean = (left.astype(np.float32) + right.astype(np.float32)) / 2
        np.testing.assert_allclose(recordings.crop(2, 10, 100), mean[10:110], atol=1e-7)


def test_random_crops_reach_both_ends_and_no_further(paths):
    recordings = Recordings(paths[:1], sample_rate=RATE, durations=[0.5])
    whole, rng = recordings.crop(0, 0, 8000), np.random.default_rng(0)
    starts = {
        int(np.flatnonzero(whole[:4] == crop[0])[0])
        for crop in (recordings.random_crop(0, 7997, rng) for _ in range(100))
    }
    assert starts == {0, 1, 2, 3}


def test_each_recording_is_decoded_once_when_kept(paths, waveforms, monkeypatch):
    decoded: list[str] = []
    read = recordings_module.read
    monkeypatch.setattr(recordings_module, "read", lambda path, **part: decoded.append(path) or read(path, **part))
    recordings = Recordings(paths, sample_rate=RATE, durations=[w.size / RATE for w in waveforms])
    rng = np.random.default_rng(0)
    for _ in range(5):
        for index in range(len(recordings)):
            recordings.random_crop(index, 4000, rng)
    assert decoded == paths


def test_long_recordings_are_not_decoded_whole(tmp_path, monkeypatch):
    path = str(tmp_path / "long.flac")
    soundfile.write(path, np.zeros(61 * RATE, dtype=np.int16), RATE)
    asked: list[float] = []
    read = recordings_module.read
    monkeypatch.setattr(
        recordings_module, "read", lambda path, **part: asked.append(part["duration"]) or read(path, **part)
    )
    Recordings([path], sample_rate=RATE, durations=[61.0]).crop(0, 16_000, 8000)
    assert asked == [0.5]


@pytest.mark.parametrize("cache_bytes", [0, 2**24])
def test_several_crops_are_what_each_would_be(tmp_path, cache_bytes):
    rng = np.random.default_rng(0)
    whole = rng.integers(-20_000, 20_000, 12 * RATE).astype(np.int16)
    soundfile.write(tmp_path / "long.flac", whole, RATE)
    recordings = Recordings([str(tmp_path / "long.flac")], sample_rate=RATE, durations=[12.0], cache_bytes=cache_bytes)
    for _ in range(20):
        sizes = rng.integers(1, 3 * RATE, size=5)
        offsets = rng.integers(0, len(whole) - sizes)
        found = recordings.crops(0, offsets.tolist(), sizes.tolist())
        for crop, offset, size in zip(found, offsets, sizes, strict=True):
            np.testing.assert_array_equal(crop, whole[offset : offset + size] / np.float32(32768))
    repeated = recordings.crops(0, [5, 100], [13 * RATE, 10])
    np.testing.assert_array_equal(repeated[0], np.resize(np.roll(whole, -5), 13 * RATE) / np.float32(32768))
    np.testing.assert_array_equal(repeated[1], whole[100:110] / np.float32(32768))


def test_crops_that_lie_close_are_decoded_in_one_go(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "long.flac", np.zeros(100 * RATE), RATE)
    spans = []
    real = recordings_module.read
    monkeypatch.setattr(
        recordings_module, "read", lambda *args, **kw: spans.append((kw["start"], kw["duration"])) or real(*args, **kw)
    )
    recordings = Recordings([str(tmp_path / "long.flac")], sample_rate=RATE, durations=[100.0])
    recordings.crops(0, [50 * RATE, 10 * RATE, 11 * RATE, 12 * RATE + RATE // 2], [2 * RATE, 2 * RATE, RATE, RATE])
    assert spans == [(10.0, 3.5), (50.0, 2.0)]


@pytest.mark.parametrize("cache_bytes", [0, 2**20])
def test_a_stated_duration_somewhat_too_long_is_harmless(paths, waveforms, cache_bytes):
    recordings = Recordings(paths[:1], sample_rate=RATE, durations=[0.5004], cache_bytes=cache_bytes)
    crop = recordings.crop(0, 6, 8000)
    np.testing.assert_array_equal(crop[:7994], waveforms[0][6:])


def test_what_is_returned_may_be_written_to(paths, waveforms):
    recordings = Recordings(paths[:1], sample_rate=RATE, durations=[0.5])
    recordings.crop(0, 0, 8000)[:] = 0.0
    np.testing.assert_array_equal(recordings.crop(0, 0, 8000), waveforms[0])


def test_unreadable_recordings_are_named(tmp_path):
    (tmp_path / "broken.flac").write_bytes(b"fLaC and then nothing")
    for durations in ([1.0], None):
        recordings = Recordings([str(tmp_path / "broken.flac")], sample_rate=RATE, durations=durations)
        with pytest.raises(InputError, match=r"broken\.flac"):
            recordings.random_crop(0, 100, np.random.default_rng(0))


def test_a_folder_is_searched_in_order(tmp_path, paths):
    (tmp_path / "deeper").mkdir()
    soundfile.write(tmp_path / "deeper" / "one.wav", np.zeros(100), RATE)
    (tmp_path / "notes.txt").write_text("no audio")
    recordings = Recordings.in_folder(tmp_path, sample_rate=RATE)
    assert len(recordings) == len(paths) + 1
    assert list(recordings.paths) == sorted(recordings.paths)
    with pytest.raises(InputError, match="expected a folder with audio files, found none"):
        Recordings.in_folder(tmp_path / "nowhere", sample_rate=RATE)
