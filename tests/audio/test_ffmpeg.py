"""Decoding with FFmpeg against the samples that were put into a container without loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.audio import ffmpeg
from voxmetric.errors import InputError

av = pytest.importorskip("av", reason="the extra av is not installed")

RATE, FRAMES, BLOCK = 8000, 24_000, 500


def write(path: Path, codec: str = "pcm_s16le") -> np.ndarray:
    """Stereo noise of 16 bits in a container; what it holds, (FRAMES, 2) in [-1, 1)."""
    samples = np.random.default_rng(0).integers(-(2**15), 2**15, (FRAMES, 2)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout="stereo")
        for first in range(0, FRAMES, BLOCK):
            block = np.ascontiguousarray(samples[first : first + BLOCK]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return (samples / 2**15).astype(np.float32)


# A mov states the length of its stream; a mkv only that of the whole file, in milliseconds.
@pytest.mark.parametrize(
    ("name", "format_name", "exact_to"), [("a.mov", "mov", 0), ("a.mkv", "matroska", RATE // 1000)]
)
def test_the_header_is_told(tmp_path: Path, name: str, format_name: str, exact_to: int) -> None:
    write(tmp_path / name)
    rate, channels, frames, kind = ffmpeg.inspect(str(tmp_path / name))
    assert (rate, channels) == (RATE, 2)
    assert abs(frames - FRAMES) <= exact_to
    assert format_name in kind
    assert kind.endswith(" pcm_s16le")


def test_parts_are_the_samples_that_were_written(tmp_path: Path) -> None:
    path = str(tmp_path / "a.mov")
    whole = write(tmp_path / "a.mov")
    found = ffmpeg.decode(path, 0, None)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, whole)
    rng = np.random.default_rng(1)
    for first in [0, 1, 1999, 2000, 2001, FRAMES - 1, *rng.integers(FRAMES, size=20).tolist()]:
        for count in (1, 700, None):
            end = None if count is None else first + count
            np.testing.assert_array_equal(ffmpeg.decode(path, first, count), whole[first:end])


def test_a_part_past_the_end_is_empty_and_one_across_it_shorter(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mov")
    path = str(tmp_path / "a.mov")
    np.testing.assert_array_equal(ffmpeg.decode(path, FRAMES - 3, 10), whole[-3:])
    assert ffmpeg.decode(path, FRAMES, None).shape == (0, 2)
    assert ffmpeg.decode(path, FRAMES + 5000, 10).shape == (0, 2)


def test_damage_is_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no sound at all")
    with pytest.raises(InputError, match=r"a\.mp4: missing, damaged or cut off \(.+\); fetch it again"):
        ffmpeg.inspect(str(path))
