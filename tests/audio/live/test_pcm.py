"""Bytes to samples: full scale, sign and byte order of every encoding, by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from voxmetric.audio.live.pcm import PcmFormat
from voxmetric.errors import InputError


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("u8", bytes([0, 128, 192])),
        ("s16", struct.pack("<3h", -(2**15), 0, 2**14)),
        ("s24", bytes([0, 0, 0x80, 0, 0, 0, 0, 0, 0x40])),
        ("s32", struct.pack("<3i", -(2**31), 0, 2**30)),
        ("f32", struct.pack("<3f", -1.0, 0.0, 0.5)),
        ("f64", struct.pack("<3d", -1.0, 0.0, 0.5)),
    ],
)
def test_full_scale_silence_and_half(encoding: str, data: bytes) -> None:
    found = PcmFormat(16000, 1, encoding).decode(data)
    assert found.dtype == np.float32
    assert found.tolist() == [-1.0, 0.0, 0.5]


def test_channels_are_averaged_and_a_frame_holds_one_sample_of_each() -> None:
    stereo = PcmFormat(8000, 2)
    assert stereo.frame_bytes == 4
    assert stereo.decode(struct.pack("<4h", 2**14, -(2**14), 2**14, 0)).tolist() == [0.0, 0.25]


def test_other_encodings_and_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="s16"):
        PcmFormat(encoding="s61")
    for wrong in ({"sample_rate": 0}, {"num_channels": 0}):
        with pytest.raises(InputError, match="from 1"):
            PcmFormat(**wrong)
