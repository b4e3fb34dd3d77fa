"""Recorded noise or music, mixed in."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.audio.augmentation.mixing import mix
from voxmetric.audio.recordings import Recordings


class Noise(Augmentation):
    """Add a recording from a folder at a signal-to-noise ratio drawn uniformly in decibels; see `mixing.mix`.

    Recordings shorter than the crop are repeated.

    Args:
        folder: searched for audio files, sub-folders included.
        snr: lowest and highest signal-to-noise ratio in dB.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range, or the folder has no audio files.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        snr: Sequence[float] = (0.0, 15.0),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.snr = checked_range("snr", snr)
        self._recordings = Recordings.in_folder(folder, sample_rate=sample_rate)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        noise = self._recordings.random_crop(int(rng.integers(len(self._recordings))), len(waveform), rng)
        return mix(waveform, noise, rng.uniform(*self.snr))
