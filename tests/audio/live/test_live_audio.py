"""Pipes and growing files: every encoding, headers that do not know the length, waiting, damage."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.audio.live.live_audio import LiveAudio, growing_file
from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.errors import InputError

SUBTYPES = {"u8": "PCM_U8", "s16": "PCM_16", "s24": "PCM_24", "s32": "PCM_32", "f32": "FLOAT", "f64": "DOUBLE"}


def sound(frames: int = 1000, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.9, 0.9, (frames, channels))


def wav(samples: np.ndarray, subtype: str = "PCM_16", rate: int = 16000) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def whole(live: LiveAudio, seconds: float = 0.1) -> np.ndarray:
    return np.concatenate(list(live.blocks(seconds)))


class Trickle(io.RawIOBase):
    """A pipe that gives seven bytes at most."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(min(size, 7))


@pytest.mark.parametrize("encoding", SUBTYPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_encoding_reads_as_libsndfile_does(encoding: str, channels: int) -> None:
    data = wav(sound(channels=channels), SUBTYPES[encoding])
    expected = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)[0].mean(axis=1)
    live = LiveAudio(Trickle(data), "a pipe")
    assert live.sample_rate == 16000
    np.testing.assert_allclose(whole(live), expected, atol=1e-7)


def test_plain_samples_are_what_they_are_said_to_be() -> None:
    values = np.arange(-500, 500, dtype="<i2")
    live = LiveAudio(io.BytesIO(values.tobytes() + b"x"), "a pipe", raw=PcmFormat(8000, 2))
    assert live.sample_rate == 8000
    np.testing.assert_allclose(whole(live, 0.01), values.reshape(-1, 2).mean(axis=1) / 2**15, atol=1e-7)


@pytest.mark.parametrize("stated", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_length_that_the_writer_did_not_know_means_to_the_end(stated: int) -> None:
    data = bytearray(wav(sound()))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", stated)
    assert len(whole(LiveAudio(io.BytesIO(bytes(data)), "a pipe"))) == 1000


def test_what_follows_the_samples_is_no_sound() -> None:
    data = wav(sound()) + b"LIST" + struct.pack("<I", 40) + b"x" * 40
    assert len(whole(LiveAudio(io.BytesIO(data), "a pipe"))) == 1000


def test_blocks_come_as_soon_as_there_is_something() -> None:
    reading, writing = os.pipe()
    live_bytes = wav(sound(16000))
    os.write(writing, live_bytes[: 44 + 3200])
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        blocks = LiveAudio(pipe, "a pipe").blocks(1.0)
        assert len(next(blocks)) == 1600  # a tenth of a second is there, and was not held back
        os.write(writing, live_bytes[44 + 3200 :])
        os.close(writing)
        assert sum(len(block) for block in blocks) == 14400


def test_a_file_is_followed_while_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "growing.wav"
    data = bytearray(wav(sound(16000)))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", 3200)  # what the recorder had written when it last looked
    path.write_bytes(data[: 44 + 3200])

    live = growing_file(path, idle_seconds=0.5)
    blocks = live.blocks(0.1)
    assert len(next(blocks)) == 1600

    def go_on() -> None:
        with path.open("r+b") as file:
            file.seek(0, 2)
            file.write(data[44 + 3200 :])
            file.seek(place)
            file.write(struct.pack("<I", 32000))

    later = threading.Timer(0.0, go_on)
    later.start()
    later.join()
    assert sum(len(block) for block in blocks) == 14400


def test_a_file_that_stands_still_ends(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(np.zeros(100, dtype="<i2").tobytes())
    assert len(whole(growing_file(path, idle_seconds=0.0, raw=PcmFormat()))) == 100


def test_bad_input_is_refused(tmp_path: Path) -> None:
    good = wav(sound())
    for data, message in (
        (b"", "ends within the header"),
        (good[:30], "ends within the header"),
        (b"fLaC" + good[4:], "expected a wav"),
        (good[:12] + b"data" + good[40:], "no format"),
        (good[:12] + b"JUNK" + struct.pack("<I", 2**31), "damaged"),
        (good[:20] + struct.pack("<H", 85) + good[22:], "coding 85"),
    ):
        with pytest.raises(InputError, match=message):
            LiveAudio(io.BytesIO(data), "a pipe")
    with pytest.raises(InputError, match="check the path"):
        growing_file(tmp_path / "missing.wav")
    with pytest.raises(InputError, match="s16"):
        PcmFormat(encoding="s61")
    with pytest.raises(InputError, match="from 1"):
        PcmFormat(sample_rate=0)


def test_the_standard_input_is_a_pipe() -> None:
    program = (
        "from voxmetric.audio.live.live_audio import standard_input; "
        "print(sum(len(block) for block in standard_input().blocks()))"
    )
    found = subprocess.run([sys.executable, "-c", program], input=wav(sound(5000)), capture_output=True, check=True)
    assert found.stdout.split() == [b"5000"]
