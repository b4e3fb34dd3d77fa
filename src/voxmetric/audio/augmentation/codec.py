"""Lossy compression and telephony."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.errors import InputError, unknown_name


@dataclass(frozen=True)
class _Codec:
    """A format of libsndfile; `rate` in Hz where it needs one, `compressible` where its bit rate can be chosen."""

    container: str
    encoding: str
    rate: int | None = None
    compressible: bool = False


_CODECS = {
    "mu_law": _Codec("WAV", "ULAW", rate=8_000),
    "a_law": _Codec("WAV", "ALAW", rate=8_000),
    "gsm": _Codec("WAV", "GSM610", rate=8_000),
    "mp3": _Codec("MP3", "MPEG_LAYER_III", compressible=True),
    "vorbis": _Codec("OGG", "VORBIS", compressible=True),
    "opus": _Codec("OGG", "OPUS", rate=16_000, compressible=True),
}


class Codec(Augmentation):
    """Encode and decode with one of several codecs, each with equal chance, and return to the sample rate.

    `mu_law`, `a_law` (G.711) and `gsm` (full rate) are telephony at 8 kHz; `mp3`, `vorbis` and `opus` keep the rate and
    draw their bit rate. The result is in time with what went in. A waveform that leaves [-1, 1] is scaled into it and
    back, so that nothing is clipped. Two seconds take about 0.5 ms with the G.711 codecs, 5 with `gsm`, 7 with
    `vorbis`, 12 with `mp3` and 40 with `opus`: in long trainings give the slow ones a small probability.

    Args:
        codecs: their names.
        compression: lowest and highest compression, from 0 (largest bit rate) to 0.98, for those that have one.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range, or the machine's libsndfile lacks a codec.
    """

    def __init__(
        self,
        codecs: Sequence[str] = ("mu_law", "a_law", "gsm", "mp3"),
        compression: Sequence[float] = (0.0, 0.95),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        if not codecs or isinstance(codecs, str):
            raise InputError(f"codec needs a list of codecs, found {codecs!r}")
        for name in codecs:
            if name not in _CODECS:
                raise unknown_name("codec", name, _CODECS)
            if not soundfile.check_format(_CODECS[name].container, _CODECS[name].encoding):
                raise InputError(f"libsndfile {soundfile.__libsndfile_version__} lacks {name}: leave it out")
        self.codecs = tuple(codecs)
        self.compression = checked_range("compression", compression, lowest=0.0)
        if self.compression[1] > 0.98:
            raise InputError(f"compression must not exceed 0.98, found {self.compression[1]}")
        self.sample_rate = sample_rate

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        codec = _CODECS[self.codecs[rng.integers(len(self.codecs))]]
        compression = rng.uniform(*self.compression) if codec.compressible else None
        peak = np.float32(max(1.0, np.abs(waveform).max(initial=0.0)))
        decoded = _passed(codec, waveform / peak, self.sample_rate, compression)[: len(waveform)] * peak
        return np.pad(decoded, (0, len(waveform) - len(decoded)))


def _passed(codec: _Codec, waveform: Waveform, sample_rate: int, compression: float | None) -> Waveform:
    rate = codec.rate or sample_rate
    memory = io.BytesIO()
    soundfile.write(
        memory,
        soxr.resample(waveform, sample_rate, rate),
        rate,
        format=codec.container,
        subtype=codec.encoding,
        compression_level=compression,
    )
    memory.seek(0)
    decoded, _ = soundfile.read(memory, dtype="float32")
    passed: Waveform = soxr.resample(decoded, rate, sample_rate)
    return passed
