"""Decoding with FFmpeg, through the extra `av`: m4a (VoxCeleb2), mp4, aac, webm and other containers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

SUFFIXES = frozenset({".m4a", ".mp4", ".aac", ".webm", ".mka", ".mkv", ".mov", ".wma", ".amr", ".3gp"})

# Decoding begins this much before the part that is wanted, since a decoder's first frames lean on earlier ones.
_RUN_UP_SECONDS = 0.25


def inspect(path: str) -> tuple[int, int, int, str]:
    """Sample rate, number of channels, samples of each channel and format of a file, as its container states them.

    Raises:
        InputError: if it cannot be opened or has no sound.
    """
    with _opened(path) as (container, stream):
        if stream.duration is not None:
            duration = float(stream.duration * stream.time_base)
        else:
            duration = (container.duration or 0) / 1e6
        rate = stream.codec_context.sample_rate
        format_name = f"{container.format.name} {stream.codec_context.name}"
        return rate, stream.codec_context.layout.nb_channels, round(duration * rate), format_name


def decode(path: str, first: int, count: int | None) -> npt.NDArray[np.float32]:
    """Samples `first` to `first + count` (None: to the end), fewer where the file ends first.

    Sample 0 is the first that a decoder gives for the whole file. Positions are exact to the time stamps of the
    container: to the sample in m4a and mp4, to a millisecond in webm and mkv.

    Returns:
        (frames, channels) float32.

    Raises:
        InputError: if the file is damaged.
    """
    with _opened(path) as (container, stream):
        position, frames = _frames_before(container, stream, first)
        if position <= first:
            return _collect(frames, position, first, count, stream)
    # The container cannot be sought in, or its index leads past the part: go through the file.
    with _opened(path) as (container, stream):
        return _collect(container.decode(stream), 0, first, count, stream)


def _frames_before(container: Any, stream: Any, sample: int) -> tuple[int, Iterator[Any]]:
    """Frames from a little before `sample` on, and the position of the first of them; past `sample` if that fails."""
    rate = stream.codec_context.sample_rate
    target = sample - round(_RUN_UP_SECONDS * rate)
    frames = container.decode(stream)
    if target <= 0:
        return 0, frames
    head = next(frames, None)
    if head is None or head.pts is None:
        return sample + 1, frames
    container.seek(head.pts + int(target / rate / stream.time_base), stream=stream)
    frames = container.decode(stream)
    reached = next(frames, None)
    if reached is None or reached.pts is None:
        return sample + 1, frames
    position = round((reached.pts - head.pts) * reached.time_base * rate)
    return position, itertools.chain([reached], frames)


def _collect(
    frames: Iterator[Any], position: int, first: int, count: int | None, stream: Any
) -> npt.NDArray[np.float32]:
    """The samples `first` to `first + count` of frames that begin at sample `position`: (T, channels) float32."""
    import av

    planes = av.AudioResampler(format="fltp")
    pieces = [np.empty((0, stream.codec_context.layout.nb_channels), dtype=np.float32)]
    stop = None if count is None else first + count
    for frame in frames:
        if position + frame.samples > first:
            samples = np.concatenate([part.to_ndarray() for part in planes.resample(frame)], axis=1).T
            pieces.append(samples[max(0, first - position) : None if stop is None else stop - position])
        position += frame.samples
        if stop is not None and position >= stop:
            break
    return np.concatenate(pieces).astype(np.float32, copy=False)


@contextmanager
def _opened(path: str) -> Iterator[tuple[Any, Any]]:
    try:
        import av
    except ImportError as error:
        raise InputError(
            f'cannot read {path}: {Path(path).suffix} files need the extra "av": pip install "voxmetric[av]"'
        ) from error
    try:
        with av.open(path) as container:
            if not container.streams.audio:
                raise InputError(f"cannot read {path}: expected a recording, found a file without sound")
            yield container, container.streams.audio[0]
    except av.FFmpegError as error:
        raise InputError(
            f"cannot read {path}: missing, damaged or cut off ({error.strerror}); fetch it again or remove it"
        ) from error
