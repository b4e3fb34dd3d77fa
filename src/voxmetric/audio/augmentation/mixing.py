"""Sounds added to a waveform at a given ratio of powers."""

from __future__ import annotations

import numpy as np

from voxmetric.audio.augmentation.augmentation import Waveform


def power(waveform: Waveform) -> float:
    """Mean of the squared samples."""
    return float(np.mean(np.square(waveform, dtype=np.float64)))


def unit_power(waveform: Waveform) -> Waveform:
    """The waveform at a power of 1; silence stays silence."""
    found = power(waveform)
    return waveform / np.float32(np.sqrt(found)) if found > 0.0 else waveform


def mix(waveform: Waveform, noise: Waveform, decibels: float) -> Waveform:
    """The waveform (T,) with noise (T,) at a signal-to-noise ratio in dB.

    The ratio is that of the mean powers, with no floor, so that it also holds for quiet signals; nothing is added to
    or from pure silence.
    """
    signal_power, noise_power = power(waveform), power(noise)
    if signal_power == 0.0 or noise_power == 0.0:
        return waveform
    scale = np.sqrt(signal_power / noise_power) * 10.0 ** (-decibels / 20.0)
    mixed: Waveform = waveform + np.float32(scale) * noise
    return mixed
