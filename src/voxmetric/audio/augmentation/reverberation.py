"""Rooms: convolution with recorded impulse responses."""

from __future__ import annotations

import os

import numpy as np
from scipy.signal import fftconvolve

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError


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

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        index = int(rng.integers(len(self._responses)))
        response = self._responses.crop(index, 0, self._responses.num_samples(index))
        if not response.any():
            raise InputError(f"{self._responses.paths[index]} is silent and no impulse response: remove it")
        return convolve(waveform, response)


def convolve(waveform: Waveform, response: Waveform) -> Waveform:
    """The reverberant waveform (T,), at the level and the time of the dry one.

    The response (R,) is scaled to unit energy. Its direct path, the sample of largest magnitude, stays where it
    is in the waveform, so that speech is not delayed; what rings on after the end is cut off.
    """
    direct = int(np.argmax(np.abs(response)))
    unit = response / np.sqrt(np.sum(np.square(response, dtype=np.float64)))
    reverberant = fftconvolve(waveform, unit.astype(np.float32))[direct : direct + len(waveform)]
    return np.asarray(reverberant, dtype=np.float32)
