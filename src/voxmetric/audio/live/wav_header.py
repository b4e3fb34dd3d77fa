"""The header of a wav that is read from front to back, as from a pipe."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.errors import InputError

_INTEGERS, _FLOATS, _EXTENSIBLE = 1, 3, 0xFFFE
_LARGEST_STATED = 0x7FFFF000
_LONGEST_CHUNK = 2**20


@dataclass(frozen=True)
class WavHeader:
    """What stands before the samples.

    Attributes:
        format: of the samples.
        data_bytes: stated length of the samples; None where the writer could not know it (0, or the greatest there is).
        size: bytes of the header itself.
    """

    format: PcmFormat
    data_bytes: int | None
    size: int


def read_wav_header(read: Callable[[int], bytes], name: str) -> WavHeader:
    """Read from the beginning of a wav up to its first sample.

    Args:
        read: gives exactly the next so many bytes, fewer only at the end.
        name: for messages.

    Raises:
        InputError: if it is no wav, one of a coding other than plain samples, or ends within the header.
    """
    position = 0

    def take(count: int) -> bytes:
        nonlocal position
        data = read(count)
        position += len(data)
        if len(data) < count:
            raise InputError(f"cannot read {name}: it ends within the header of a wav; start the recording first")
        return data

    start = take(12)
    if start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
        raise InputError(
            f"cannot read {name}: expected a wav, or plain samples with their rate and encoding stated; convert on the "
            "way, as with `ffmpeg -i INPUT -f wav -`"
        )
    found: PcmFormat | None = None
    while True:
        kind, length = struct.unpack("<4sI", take(8))
        if kind == b"data":
            if found is None:
                raise InputError(f"cannot read {name}: the wav has no format before its samples")
            unknown = start[:4] == b"RF64" or not 0 < length < _LARGEST_STATED
            return WavHeader(found, None if unknown else length, position)
        if length > _LONGEST_CHUNK:
            raise InputError(f"cannot read {name}: damaged wav header ({length} bytes before the samples)")
        chunk = take(length + length % 2)
        if kind == b"fmt ":
            found = _format(chunk, name)


def _format(chunk: bytes, name: str) -> PcmFormat:
    if len(chunk) < 16:
        raise InputError(f"cannot read {name}: damaged wav header (a format of {len(chunk)} bytes)")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk[:16])
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        tag = struct.unpack("<H", chunk[24:26])[0]
    encodings = {(_INTEGERS, 8): "u8", (_INTEGERS, 16): "s16", (_INTEGERS, 24): "s24", (_INTEGERS, 32): "s32"}
    encodings |= {(_FLOATS, 32): "f32", (_FLOATS, 64): "f64"}
    if (tag, bits) not in encodings:
        raise InputError(
            f"cannot read {name}: expected a wav of plain samples, found coding {tag} with {bits} bits; convert it"
        )
    return PcmFormat(rate, channels, encodings[tag, bits])
