"""Sound block by block as it comes in, from a pipe or a file that grows."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.audio.live.wav_header import WavHeader, read_wav_header
from voxmetric.errors import InputError

POLL_SECONDS = 0.1
"""How often a file is looked at for more."""


class LiveAudio:
    """One channel of sound that is still coming in, at its own rate.

    Args:
        stream: bytes in order; what is there is given at once, and an empty answer is the end. It is closed then.
        name: for messages.
        raw: what the bytes are; None: a wav, whose header says it.
        refreshed: reads a file's header again, as a recorder may have stated a greater length meanwhile.

    Attributes:
        sample_rate: Hz.

    Raises:
        InputError: if the header cannot be read.
    """

    def __init__(
        self,
        stream: BinaryIO | io.RawIOBase,
        name: str,
        *,
        raw: PcmFormat | None = None,
        refreshed: Callable[[], WavHeader] | None = None,
    ) -> None:
        self._stream = stream
        self._refreshed = refreshed
        try:
            header = WavHeader(raw, None, 0) if raw else read_wav_header(self._exactly, name)
        except InputError:
            stream.close()
            raise
        self._format = header.format
        self._left = header.data_bytes
        self._stated = header.data_bytes or 0
        self.sample_rate = header.format.sample_rate

    def blocks(self, seconds: float = 0.1) -> Iterator[NDArray[np.float32]]:
        """Samples (T,) in [-1, 1], at most `seconds` at a time, as soon as they are there.

        Half a sample at the end is left out.
        """
        frame = self._format.frame_bytes
        most = max(1, round(seconds * self.sample_rate)) * frame
        rest = b""
        with self._stream:
            while data := self._take(most - len(rest)):
                rest += data
                whole = len(rest) - len(rest) % frame
                if whole:
                    yield self._format.decode(rest[:whole])
                    rest = rest[whole:]

    def _take(self, most: int) -> bytes:
        """At least one byte and at most so many; none at the end."""
        if self._left == 0 and self._refreshed is not None:
            stated = self._refreshed().data_bytes
            self._left = None if stated is None else stated - self._stated
            self._stated = stated or 0
        if self._left is not None and self._left <= 0:
            return b""
        data = self._stream.read(most if self._left is None else min(most, self._left)) or b""
        if self._left is not None:
            self._left -= len(data)
        return data

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._stream.read(count - len(data))
            if not more:
                break
            data += more
        return data


def standard_input(raw: PcmFormat | None = None) -> LiveAudio:
    """What is piped into the process: a wav, or plain samples.

    Raises:
        InputError: if there is no pipe, or no wav in it.
    """
    if sys.stdin.isatty():
        raise InputError("expected sound on the standard input, found a terminal; pipe a wav into the command")
    pipe = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)  # unbuffered: what is there is given at once
    return LiveAudio(pipe, "the standard input", raw=raw)


def growing_file(path: str | os.PathLike[str], *, idle_seconds: float = 5.0, raw: PcmFormat | None = None) -> LiveAudio:
    """A wav, or plain samples, to which a recorder may still be adding.

    Args:
        path: the file.
        idle_seconds: it has ended when it has not grown for so long.
        raw: what plain samples are; None: a wav.

    Raises:
        InputError: if there is no such file, or no wav in it.
    """
    name = os.fspath(path)
    try:
        file = Path(name).open("rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}; check the path") from error

    def header() -> WavHeader:
        with Path(name).open("rb") as again:
            return read_wav_header(again.read, name)

    return LiveAudio(_Patient(file, idle_seconds), name, raw=raw, refreshed=None if raw else header)


class _Patient(io.RawIOBase):
    """A file that is waited for at its end, until it has not grown for a while."""

    def __init__(self, file: BinaryIO, idle_seconds: float) -> None:
        self._file = file
        self._idle = idle_seconds

    def read(self, size: int = -1, /) -> bytes:
        until = time.monotonic() + self._idle
        while True:
            data = self._file.read(size)
            if data or time.monotonic() >= until:
                return data
            time.sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))

    def close(self) -> None:
        self._file.close()
        super().close()
