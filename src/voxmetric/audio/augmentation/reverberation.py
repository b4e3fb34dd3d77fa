"""Rooms: convolution with recorded impulse responses."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError

_ROOMS_KEPT = 128  # of about 200 kB each, for crops of two seconds


class Reverberation(Augmentation):
    """Convolve with an impulse response drawn from a folder; see `convolve`.

    Args:
        folder: searched for audio files, sub-folders included; every file is one response.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if the folder has no audio files, or when a drawn response is silent.
    """

    def __init__(self, folder: str | os.PathLike[str], sample_rate: int = 16_000, probability: float = 1.0) -> None:
        super().__init__(probability)
        self._responses = Recordings.in_folder(folder, sample_rate=sample_rate)
        self._room = functools.lru_cache(maxsize=_ROOMS_KEPT)(self._read_room)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        return self._room(int(rng.integers(len(self._responses))), len(waveform)).reverberate(waveform)

    def _read_room(self, index: int, num_samples: int) -> Room:
        response = self._responses.crop(index, 0, self._responses.num_samples(index))
        if not response.any():
            raise InputError(f"{self._responses.paths[index]} is silent and no impulse response: remove it")
        return Room.of(response, num_samples)


@dataclass(frozen=True)
class Room:
    """An impulse response made ready for waveforms of one length.

    Attributes:
        spectrum: (length // 2 + 1,) complex64, of the response at unit energy.
        length: of the circular convolution, long enough for nothing to be wrapped into the result.
        direct: sample of the direct path.
    """

    spectrum: NDArray[np.complex64]
    length: int
    direct: int

    @classmethod
    def of(cls, response: Waveform, num_samples: int) -> Room:
        """Prepare a response (R,) that is not silent for waveforms of `num_samples`."""
        direct = int(np.argmax(np.abs(response)))
        unit = response / np.float32(np.sqrt(np.sum(np.square(response, dtype=np.float64))))
        # Samples from `direct` on are wanted: those before it may be spoilt by what the end wraps around.
        needed = max(num_samples + max(direct, len(response) - 1 - direct), len(response))
        length = fft.next_fast_len(needed, real=True)
        return cls(fft.rfft(unit, length), length, direct)

    def reverberate(self, waveform: Waveform) -> Waveform:
        """The reverberant waveform (T,)."""
        reverberant: Waveform = fft.irfft(fft.rfft(waveform, self.length) * self.spectrum, self.length)
        return reverberant[self.direct : self.direct + len(waveform)]


def convolve(waveform: Waveform, response: Waveform) -> Waveform:
    """The reverberant waveform (T,), at the level and the time of the dry one.

    The response (R,) is scaled to unit energy. Its direct path, the sample of largest magnitude, stays where it
    is in the waveform, so that speech is not delayed; what rings on after the end is cut off.
    """
    return Room.of(response, len(waveform)).reverberate(waveform)
