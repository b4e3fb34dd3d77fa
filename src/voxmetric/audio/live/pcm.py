"""Uncompressed samples as bytes: what they are, and how they become numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError, unknown_name

ENCODINGS = {"u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4, "f64": 8}
"""Bytes of a sample of each, all little-endian: unsigned, signed and floating-point numbers of so many bits."""


@dataclass(frozen=True)
class PcmFormat:
    """How bytes hold sound.

    Attributes:
        sample_rate: Hz.
        num_channels: interleaved.
        encoding: one of `ENCODINGS`.

    Raises:
        InputError: for numbers below 1 or an unknown encoding.
    """

    sample_rate: int = 16000
    num_channels: int = 1
    encoding: str = "s16"

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise unknown_name("encoding", self.encoding, ENCODINGS)
        if self.sample_rate < 1 or self.num_channels < 1:
            raise InputError(
                f"expected a sample rate and a number of channels from 1, found {self.sample_rate} and "
                f"{self.num_channels}"
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return ENCODINGS[self.encoding] * self.num_channels

    def decode(self, data: bytes) -> NDArray[np.float32]:
        """The mean of the channels (T,) in [-1, 1]; `data` must hold whole frames."""
        frames = _numbers(data, self.encoding).reshape(-1, self.num_channels)
        return np.ascontiguousarray(frames.mean(axis=1) if self.num_channels > 1 else frames[:, 0])


def _numbers(data: bytes, encoding: str) -> NDArray[np.float32]:
    if encoding == "f32":
        return np.frombuffer(data, dtype="<f4")
    if encoding == "f64":
        return np.frombuffer(data, dtype="<f8").astype(np.float32)
    if encoding == "u8":
        return (np.frombuffer(data, dtype=np.uint8).astype(np.float32) - 128.0) / np.float32(128.0)
    if encoding == "s16":
        return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(2**15)
    if encoding == "s24":
        # The three bytes become the upper ones of four.
        padded = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        padded[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        data = padded.tobytes()
    return np.frombuffer(data, dtype="<i4").astype(np.float32) / np.float32(2**31)
