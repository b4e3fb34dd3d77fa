"""Reading recordings: any common format, rate and number of channels; only the part that is asked for is decoded."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import soxr

from voxmetric.audio import ffmpeg, libsndfile
from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

SUFFIXES = libsndfile.SUFFIXES | ffmpeg.SUFFIXES
"""File name endings (lower case) by which folders are searched for recordings."""

# A crop is resampled with this many samples (of the lower of the two rates) to spare on either side, which is past
# the reach of soxr's filter: the crop then equals the slice of the whole file resampled.
_MARGIN = 256


@dataclass(frozen=True)
class AudioInfo:
    """What the header of a recording states.

    Attributes:
        sample_rate: samples a second of each channel.
        num_channels: number of channels.
        num_frames: samples of each channel; an estimate in mp3 without a header of its own and in raw AAC.
        duration: seconds.
        format: the container and coding, in the decoder's words.
    """

    sample_rate: int
    num_channels: int
    num_frames: int
    duration: float
    format: str


class _Decoder(Protocol):
    def inspect(self, path: str) -> tuple[int, int, int, str]: ...

    def decode(self, path: str, first: int, count: int | None) -> npt.NDArray[np.float32]: ...


def info(path: str | os.PathLike[str]) -> AudioInfo:
    """Read the header of a recording.

    Raises:
        InputError: if there is no such file or it is not a recording that can be read.
    """
    name = os.fspath(path)
    sample_rate, num_channels, num_frames, format_name = _decoder(name).inspect(name)
    return AudioInfo(sample_rate, num_channels, num_frames, num_frames / sample_rate, format_name)


def read(
    path: str | os.PathLike[str],
    *,
    start: float = 0.0,
    duration: float | None = None,
    sample_rate: int = 16000,
    channel: int | str = "mix",
) -> npt.NDArray[np.float32]:
    """Read a recording, or a part of one, as one channel at one rate.

    Only the part that is asked for is decoded. A part that needs resampling (soxr, its high quality) equals the same
    slice of the whole recording resampled. wav, flac, ogg (Vorbis, Opus), mp3 and the rest of libsndfile's formats
    are read always; m4a, mp4 and other containers with the extra `av`. libmpg123 may write harmless lines about
    `part2_3_length` to stderr when it seeks in an mp3.

    Args:
        path: the file.
        start: where the part begins, in seconds.
        duration: length of the part in seconds; None reads to the end. Where the recording ends first, the result
            is shorter.
        sample_rate: rate of the result in samples a second.
        channel: `"mix"` for the mean of the channels, or the number of a channel, the first being 0 (as a number or
            as its digits, which is how tables hold it).

    Returns:
        (T,) float32, full scale at -1 and 1.

    Raises:
        InputError: if the file is missing, damaged, has no such channel, ends before `start`, or holds values that
            are not finite.
    """
    name = os.fspath(path)
    about = info(name)
    if not (math.isfinite(start) and start >= 0 and (duration is None or (math.isfinite(duration) and duration > 0))):
        raise InputError(f"{name}: expected start >= 0 and duration > 0 seconds, found {start} and {duration}")
    if sample_rate <= 0:
        raise InputError(f"expected a sample rate above 0, found {sample_rate}")
    first = round(start * sample_rate)
    count = None if duration is None else max(1, round(duration * sample_rate))
    if about.sample_rate == sample_rate:
        waveform = _read_channel(name, first, count, channel, about.num_channels)
    else:
        waveform = _read_resampled(name, first, count, about, sample_rate, channel)
    if not len(waveform):
        raise InputError(f"{name}: nothing to read from {start:g} s on: the recording is {about.duration:.2f} s long")
    if not np.isfinite(waveform).all():
        raise InputError(f"{name}: expected finite samples, found NaN or infinity; mend or remove the file")
    return waveform


def read_blocks(
    path: str | os.PathLike[str],
    *,
    start: float = 0.0,
    duration: float | None = None,
    channel: int | str = "mix",
    block_seconds: float = 30.0,
) -> Iterator[npt.NDArray[np.float32]]:
    """Read a recording, or a part of one, block by block at its own rate, so that its length does not matter.

    Yields:
        (T,) float32 blocks in order, not checked for being finite; none if there is nothing to read.

    Raises:
        InputError: as `read`, but for values that are not finite and for an empty part.
    """
    name = os.fspath(path)
    about = info(name)
    first = round(start * about.sample_rate)
    stop = None if duration is None else first + round(duration * about.sample_rate)
    block = round(block_seconds * about.sample_rate)
    while stop is None or first < stop:
        count = block if stop is None else min(block, stop - first)
        waveform = _read_channel(name, first, count, channel, about.num_channels)
        if len(waveform):
            yield waveform
        if len(waveform) < count:
            return
        first += count


def _read_resampled(
    path: str, first: int, count: int | None, about: AudioInfo, sample_rate: int, channel: int | str
) -> npt.NDArray[np.float32]:
    """Samples `first` to `first + count` of the recording resampled: (T,) float32."""
    # Sample k * step_out of the result falls exactly on sample k * step_in of the file, for every whole k: begun at
    # such a point, the part has the phase of the whole.
    divisor = math.gcd(about.sample_rate, sample_rate)
    step_in, step_out = about.sample_rate // divisor, sample_rate // divisor
    ratio = about.sample_rate / sample_rate
    margin = math.ceil(_MARGIN * max(1.0, 1.0 / ratio))
    origin = max(0, (first - margin) // step_out)
    end = None if count is None else math.ceil((first + count + margin) * ratio)
    first_in = origin * step_in
    source = _read_channel(path, first_in, None if end is None else end - first_in, channel, about.num_channels)
    resampled = soxr.resample(source, about.sample_rate, sample_rate, quality="HQ")
    skip = first - origin * step_out
    part: npt.NDArray[np.float32] = resampled[skip : None if count is None else skip + count]
    return part


def _read_channel(
    path: str, first: int, count: int | None, channel: int | str, num_channels: int
) -> npt.NDArray[np.float32]:
    """Samples `first` to `first + count` of one channel (or the mean of all) at the file's own rate: (T,) float32."""
    if channel != "mix" and not (str(channel).isdecimal() and int(channel) < num_channels):
        raise InputError(f"{path}: expected channel 'mix' or a number from 0 to {num_channels - 1}, found {channel!r}")
    frames = _decoder(path).decode(path, first, count)
    if num_channels == 1:
        return frames[:, 0]
    chosen: npt.NDArray[np.float32] = frames.mean(axis=1) if channel == "mix" else frames[:, int(channel)].copy()
    return chosen


def _decoder(path: str) -> _Decoder:
    return ffmpeg if os.path.splitext(path)[1].lower() in ffmpeg.SUFFIXES else libsndfile  # noqa: PTH122
