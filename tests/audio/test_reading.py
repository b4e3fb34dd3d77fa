"""Reading recordings: formats, parts, rates, channels and damage."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.audio import ffmpeg, libsndfile
from voxmetric.audio.reading import info, read, read_blocks
from voxmetric.errors import InputError

RATE = 16000
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def noise(seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray:
    shape = (round(seconds * rate), channels)
    return np.random.default_rng(0).uniform(-0.5, 0.5, shape).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    kind, coding = FORMATS[path.suffix[1:]]
    soundfile.write(path, samples, rate, format=kind, subtype=coding)
    return path


def write_with_ffmpeg(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    av = pytest.importorskip("av", reason="the extra av is not installed")
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=rate, layout=layout)
        for first in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[first : first + 1024].T)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_part_equals_the_slice_of_the_whole(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(3.0))
    whole = read(path)
    assert whole.dtype == np.float32
    assert len(whole) == 3 * RATE == info(path).num_frames
    for first in [17600, 40000, 0, 1, *np.random.default_rng(0).integers(0, len(whole), 100)]:
        part = read(path, start=first / RATE, duration=0.25)
        np.testing.assert_allclose(part, whole[first : first + 4000], atol=1e-6)
    np.testing.assert_allclose(read(path, start=2.5), whole[40000:], atol=1e-6)


@pytest.mark.parametrize("suffix", ["m4a", "aac", "mka"])
def test_a_part_of_a_container_equals_the_slice_of_the_whole(tmp_path: Path, suffix: str) -> None:
    path = write_with_ffmpeg(tmp_path / f"a.{suffix}", noise(5.0))
    whole = read(path)
    assert abs(len(whole) - 5 * RATE) <= 2048
    assert info(path).duration == pytest.approx(5.0, rel=0.05)
    for start in (0.0, 0.05, 0.3, 2.0, 4.0):
        first = round(start * RATE)
        np.testing.assert_array_equal(read(path, start=start, duration=0.5), whole[first : first + 8000])


def test_a_container_without_its_extra_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(b"")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(InputError, match=r"a\.m4a.*pip install \"voxmetric\[av\]\""):
        read(path)


def test_a_container_without_sound_is_refused(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra av is not installed")
    path = tmp_path / "picture.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="without sound"):
        read(path)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 44099])
def test_a_resampled_part_equals_the_slice_of_the_whole_resampled(tmp_path: Path, rate: int) -> None:
    samples = noise(2.5, rate)
    path = write(tmp_path / "a.wav", samples, rate)
    stored = soundfile.read(path, dtype="float32")[0]
    whole = soxr.resample(stored, rate, RATE, quality="HQ")
    np.testing.assert_allclose(read(path), whole, atol=1e-6)
    for start, duration in ((0.0, 0.5), (0.013, 1.0), (1.2345, 0.7), (1.9, 0.6)):
        first = round(start * RATE)
        np.testing.assert_allclose(
            read(path, start=start, duration=duration), whole[first : first + round(duration * RATE)], atol=1e-6
        )


@settings(max_examples=30, deadline=None)
@given(
    rate=st.integers(8000, 50000), target=st.integers(8000, 24000), start=st.floats(0, 0.4), length=st.floats(0.01, 0.3)
)
def test_any_pair_of_rates_gives_the_slice_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rate: int, target: int, start: float, length: float
) -> None:
    path = write(tmp_path_factory.mktemp("rates") / "a.wav", noise(0.8, rate), rate)
    whole = read(path, sample_rate=target)
    first = round(start * target)
    part = read(path, start=start, duration=length, sample_rate=target)
    assert len(part) == max(1, round(length * target))
    np.testing.assert_allclose(part, whole[first : first + len(part)], atol=2e-6)


@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_channels_are_mixed_or_chosen(tmp_path: Path, suffix: str) -> None:
    stereo = noise(1.0, channels=2)
    if suffix == "wav":
        path = write(tmp_path / "a.wav", stereo)
        stored = soundfile.read(path, dtype="float32")[0]
    else:
        path = write_with_ffmpeg(tmp_path / "a.m4a", stereo)
        stored = np.stack([read(path, channel=0), read(path, channel=1)], axis=1)
        assert not np.array_equal(stored[:, 0], stored[:, 1])
    assert info(path).num_channels == 2
    np.testing.assert_allclose(read(path), stored.mean(axis=1), atol=1e-7)
    np.testing.assert_array_equal(read(path, channel=1), stored[:, 1])
    np.testing.assert_array_equal(read(path, channel="1"), stored[:, 1])
    for wrong in (2, "2", -1, "left"):
        with pytest.raises(InputError, match=r"from 0 to 1"):
            read(path, channel=wrong)


def test_a_part_past_the_end_is_shorter_and_one_that_begins_there_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1.0))
    assert len(read(path, start=0.75, duration=2.0)) == 4000
    for rate in (RATE, 8000):
        with pytest.raises(InputError, match=r"nothing to read from 5 s on: the recording is 1\.00 s long"):
            read(path, start=5.0, duration=1.0, sample_rate=rate)


@pytest.mark.parametrize(
    "options",
    [{"start": -1.0}, {"start": float("nan")}, {"duration": 0.0}, {"sample_rate": 0}, {"duration": float("inf")}],
)
def test_impossible_parts_are_refused(tmp_path: Path, options: dict[str, float]) -> None:
    path = write(tmp_path / "a.wav", noise(0.1))
    with pytest.raises(InputError, match="expected"):
        read(path, **options)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3"])
def test_a_short_part_of_a_long_recording_is_all_that_is_decoded(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / f"a.{suffix}", np.zeros((600 * RATE, 1), dtype=np.float32))
    decoded = []
    original = soundfile.SoundFile.read

    def counting(self: soundfile.SoundFile, frames: int = -1, **options: object) -> np.ndarray:
        decoded.append(frames)
        return original(self, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    assert len(read(path, start=500.0, duration=2.0, sample_rate=8000)) == 16000
    assert sum(decoded) < 2.5 * RATE


def test_a_short_part_of_a_long_container_is_all_that_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_with_ffmpeg(tmp_path / "a.m4a", np.zeros((60 * RATE, 1), dtype=np.float32))
    collected = []
    original = ffmpeg._collect

    def counting(frames, *rest):  # type: ignore[no-untyped-def]
        def counted():  # type: ignore[no-untyped-def]
            for frame in frames:
                collected.append(frame.samples)
                yield frame

        return original(counted(), *rest)

    monkeypatch.setattr(ffmpeg, "_collect", counting)
    assert len(read(path, start=50.0, duration=2.0)) == 2 * RATE
    assert sum(collected) < 3 * RATE


def test_a_container_that_cannot_be_sought_in_is_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_with_ffmpeg(tmp_path / "a.m4a", noise(3.0))
    sought = read(path, start=2.0, duration=0.5)
    monkeypatch.setattr(ffmpeg, "_frames_before", lambda _container, _stream, sample: (sample + 1, iter(())))
    np.testing.assert_array_equal(read(path, start=2.0, duration=0.5), sought)


@pytest.mark.parametrize("suffix", ["wav", "flac", "m4a"])
def test_a_recording_that_was_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    build = write_with_ffmpeg if suffix == "m4a" else write
    whole = build(tmp_path / f"whole.{suffix}", noise(3.0)).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"cut\.{suffix}.*cut off"):
        read(path)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_damage_in_the_middle_is_refused(tmp_path: Path, suffix: str) -> None:
    content = bytearray(write(tmp_path / f"a.{suffix}", noise(5.0)).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path = tmp_path / f"damaged.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"damaged\.{suffix}: damaged"):
        read(path)
    assert len(read(path, duration=0.5)) == 8000, "the part before the damage is still good"


def test_a_wav_written_to_a_pipe_is_whole(tmp_path: Path) -> None:
    content = bytearray(write(tmp_path / "a.wav", noise(0.5)).read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path = tmp_path / "piped.wav"
    path.write_bytes(content)
    assert len(read(path)) == 8000


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [("a.wav", b"hello", "known format"), ("a.flac", b"", "known format"), ("a.raw", b"12", "known format")],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}.*{complaint}"):
        info(path)


@pytest.mark.parametrize("name", ["none.wav", "none.m4a"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}.*No such file"):
        read(tmp_path / name)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    samples = noise(0.5)
    samples[1000] = value
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(InputError, match=r"a\.wav: expected finite samples"):
        read(path)
    assert len(read(path, start=0.25)) == 4000


@pytest.mark.parametrize("suffix", ["flac", "m4a"])
def test_blocks_join_to_the_whole(tmp_path: Path, suffix: str) -> None:
    build = write_with_ffmpeg if suffix == "m4a" else write
    path = build(tmp_path / f"a.{suffix}", noise(2.3, channels=2))
    blocks = list(read_blocks(path, block_seconds=0.5))
    assert max(map(len, blocks)) == 8000
    np.testing.assert_array_equal(np.concatenate(blocks), read(path))
    part = np.concatenate(list(read_blocks(path, start=0.5, duration=1.2, block_seconds=0.5, channel=1)))
    np.testing.assert_array_equal(part, read(path, start=0.5, duration=1.2, channel=1))
    assert list(read_blocks(path, start=9.0)) == []


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_a_part_does_not_depend_on_what_was_read_before(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(20))
    starts = [0.0, 1.0, 7.3, 8.3, 3.1, 15.0, 7.3]
    once = {start: read(path, start=start, duration=1.0) for start in starts}
    for start in [8.3, *reversed(starts), 2.0, *starts]:
        again = read(path, start=start, duration=1.0)
        if start in once:
            np.testing.assert_array_equal(again, once[start])


def test_a_replaced_file_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(0.5))
    before = read(path)
    write(tmp_path / "b.wav", -noise(0.5)).replace(path)
    np.testing.assert_allclose(read(path), -before, atol=1e-4)


def test_threads_and_forks_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise(4.0))
    whole = read(path)
    starts = np.random.default_rng(1).integers(0, 3 * RATE, 300)
    wrong: list[int] = []

    def check() -> None:
        for start in starts:
            part = read(path, start=start / RATE, duration=0.5)
            if not np.array_equal(part, whole[start : start + 8000]):
                wrong.append(int(start))

    threads = [threading.Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert libsndfile._handle(str(path)) is libsndfile._handle(str(path))
    here = libsndfile._open_files.get.cache_info().misses
    libsndfile._open_files.get(str(path), os.getpid() + 1)
    assert libsndfile._open_files.get.cache_info().misses == here + 1


def test_real_speech_is_read(real_speech: Path) -> None:
    path = next(iter(sorted(real_speech.glob("librispeech/*/*.opus"))))
    about = info(path)
    assert about.sample_rate == RATE
    assert len(read(path, start=1.0, duration=2.0)) == 2 * RATE
