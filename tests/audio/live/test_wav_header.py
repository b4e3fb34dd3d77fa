"""What stands before the samples of a wav, written by hand."""

from __future__ import annotations

import io
import struct

import pytest

from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.audio.live.wav_header import read_wav_header
from voxmetric.errors import InputError


def header(
    tag: int = 1, channels: int = 2, rate: int = 8000, bits: int = 16, data: int = 400, extra: bytes = b""
) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits) + extra
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(form)) + form
    return b"RIFF" + struct.pack("<I", 36 + data) + b"WAVE" + chunks + b"data" + struct.pack("<I", data)


def test_format_length_and_size_are_read_past_other_chunks() -> None:
    written = header()
    found = read_wav_header(io.BytesIO(written + b"samples").read, "a wav")
    assert (found.format, found.data_bytes, found.size) == (PcmFormat(8000, 2, "s16"), 400, len(written))


def test_the_extensible_form_names_its_coding_further_on() -> None:
    extra = struct.pack("<HHI", 22, 32, 0) + struct.pack("<H", 3) + bytes(14)
    found = read_wav_header(io.BytesIO(header(0xFFFE, bits=32, extra=extra)).read, "a wav")
    assert found.format.encoding == "f32"


@pytest.mark.parametrize("stated", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_not_believed(stated: int) -> None:
    written = header()[:-4] + struct.pack("<I", stated)
    assert read_wav_header(io.BytesIO(written).read, "a wav").data_bytes is None


def test_other_codings_and_damage_are_told() -> None:
    for written, message in ((header(85), "coding 85"), (header()[:20], "ends within"), (b"OggS" + bytes(40), "a wav")):
        with pytest.raises(InputError, match=message):
            read_wav_header(io.BytesIO(written).read, "the stream")
