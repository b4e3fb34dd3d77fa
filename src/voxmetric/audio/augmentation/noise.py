"""Recorded noise, music or other talkers, mixed in."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.audio.recordings import Recordings
from voxmetric.errors import InputError


class Noise(Augmentation):
    """Add recordings from a folder at a signal-to-noise ratio drawn uniformly in decibels.

    The ratio is that of the mean powers over the crop, with no floor, so that it also holds for quiet signals;
    nothing is added to or from pure silence. Recordings shorter than the crop are repeated.

    Args:
        folder: searched for audio files, sub-folders included.
        snr: lowest and highest signal-to-noise ratio in dB.
        recordings: fewest and most recordings that are mixed, at equal power, into the noise.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range, or the folder has no audio files.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        snr: Sequence[float] = (0.0, 15.0),
        recordings: Sequence[int] = (1, 1),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.snr = checked_range("snr", snr)
        fewest, most = checked_range("recordings", recordings, lowest=1)
        if fewest != int(fewest) or most != int(most):
            raise InputError(f"recordings must be two whole numbers, found {recordings!r}")
        self.recordings = int(fewest), int(most)
        self._recordings = Recordings.in_folder(folder, sample_rate=sample_rate)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        fewest, most = self.recordings
        number = int(rng.integers(fewest, most + 1))
        known = len(self._recordings)
        chosen = rng.choice(known, size=number, replace=number > known)
        noise = sum(_unit_power(self._recordings.random_crop(index, len(waveform), rng)) for index in chosen)
        signal_power, noise_power = _power(waveform), _power(np.asarray(noise))
        snr = rng.uniform(*self.snr)
        if signal_power == 0.0 or noise_power == 0.0:
            return waveform
        scale = np.sqrt(signal_power / noise_power) * 10.0 ** (-snr / 20.0)
        mixed: Waveform = waveform + np.float32(scale) * noise
        return mixed


def babble(
    folder: str | os.PathLike[str],
    snr: Sequence[float] = (13.0, 20.0),
    talkers: Sequence[int] = (3, 7),
    sample_rate: int = 16_000,
    probability: float = 1.0,
) -> Noise:
    """Several talkers from a folder of speech, by default as many and as loud as in Chung et al. (2020).

    Args:
        folder: searched for speech recordings, sub-folders included.
        snr: lowest and highest ratio of the speech to all talkers together, in dB.
        talkers: fewest and most recordings that are mixed, at equal power.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range, or the folder has no audio files.
    """
    return Noise(folder, snr, talkers, sample_rate, probability)


def _power(waveform: Waveform) -> float:
    return float(np.mean(np.square(waveform, dtype=np.float64)))


def _unit_power(waveform: Waveform) -> Waveform:
    power = _power(waveform)
    return waveform / np.float32(np.sqrt(power)) if power > 0.0 else waveform
