"""Decoding with libsndfile: wav, flac, ogg (Vorbis and Opus), mp3 and the other formats it knows."""

from __future__ import annotations

import functools
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".sph", ".w64"})

_KEPT_OPEN = 16

# What these decoders return after a seek depends, in the last bits or more, on what the handle read before. Each part
# is read from a handle of its own, so that it is the same whichever process reads it, and when; seeking in an hour of
# mp3 then takes 60 ms instead of 0.6.
_REMEMBERING = frozenset({"OGG", "MP3"})

# The first samples after a seek in mp3 or Vorbis can be wrong, as they lean on a frame that was not decoded; in Vorbis
# a seek into the last page of the file goes wrong altogether. Decoding begins this many samples earlier there.
_RUN_UP = {"MP3": 4096, "VORBIS": 32_768}


class _OpenFiles(threading.local):
    """The files last read, kept open, for each thread its own: a handle has one position."""

    def __init__(self) -> None:
        self.get = functools.lru_cache(maxsize=_KEPT_OPEN)(_open)


def inspect(path: str) -> tuple[int, int, int, str]:
    """Sample rate, number of channels, samples of each channel and format of a file, from its header.

    Raises:
        InputError: if it cannot be opened.
    """
    file = _handle(path)
    return file.samplerate, file.channels, file.frames, f"{file.format} {file.subtype}"


def decode(path: str, first: int, count: int | None) -> npt.NDArray[np.float32]:
    """Samples `first` to `first + count` (None: to the end), fewer where the file ends first.

    Returns:
        (frames, channels) float32.

    Raises:
        InputError: if the file is damaged there.
    """
    file = _handle(path)
    if file.format in _REMEMBERING:
        with _open(path) as fresh:
            return _decode(fresh, path, first, count)
    return _decode(file, path, first, count)


def _decode(file: Any, path: str, first: int, count: int | None) -> npt.NDArray[np.float32]:
    expected = max(0, file.frames - first)
    if count is not None:
        expected = min(expected, count)
    if expected == 0:
        return np.empty((0, file.channels), dtype=np.float32)
    try:
        run_up = 0
        if file.tell() != first:
            run_up = min(first, _RUN_UP.get(file.format, _RUN_UP.get(file.subtype, 0)))
            file.seek(first - run_up)
        frames: npt.NDArray[np.float32] = file.read(run_up + expected, dtype="float32", always_2d=True)[run_up:]
    except soundfile.LibsndfileError as error:
        _open_files.get.cache_clear()
        raise _damaged(path, error.error_string) from error
    # The length of an mp3 may be an estimate, so that only a missing part of another format tells of damage.
    if len(frames) < expected and file.format != "MP3":
        raise _damaged(path, f"the header states {file.frames} samples, {first + len(frames)} could be read")
    return frames


def _handle(path: str) -> Any:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; check the path") from error
    # A replaced file is a new one; a forked process must not share its parent's handles, whose position is common.
    return _open_files.get(path, os.getpid(), status.st_ino, status.st_mtime_ns, status.st_size)


def _open(path: str, *_identity: int) -> Any:
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:
        raise InputError(
            f"cannot read {path}: not a recording in a known format (wav, flac, ogg, opus, mp3 and more); "
            "convert it, or remove it from the data"
        ) from error
    if file.format in {"WAV", "WAVEX"}:
        _check_wav_is_whole(path, file.extra_info)
    return file


def _check_wav_is_whole(path: str, log: str) -> None:
    """libsndfile mends the length of a wav that was cut off, and says so in its log only."""
    sizes = re.search(r"^data : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    # Programs that write to a pipe cannot know the size and state the greatest there is.
    if sizes and int(sizes[2]) < int(sizes[1]) < 0x7FFFF000:
        raise _damaged(path, f"the header states {sizes[1]} bytes of samples, {sizes[2]} are there")


def _damaged(path: str, reason: str) -> InputError:
    return InputError(f"cannot read {path}: damaged or cut off ({reason}); fetch it again or remove it from the data")


_open_files = _OpenFiles()
