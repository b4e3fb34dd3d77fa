"""Voice activity by loudness above the noise around."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.voice_activity.curve import SAMPLE_RATE, SpeechCurve, Waveform
from voxmetric.errors import InputError

FRAME_SAMPLES = 320
"""20 ms."""

SMOOTHED_FRAMES = 5
"""Loudness is of 100 ms, within which that of constant noise hardly varies."""

QUIETEST = -70.0
"""Decibels below full scale under which nothing is taken for speech."""

BLOCK_FRAMES = 1500
"""The noise is measured anew every 30 s."""


def energy(blocks: Iterable[Waveform], *, range_share: float = 0.35, least_rise: float = 5.0) -> SpeechCurve:
    """Frames of 20 ms that are louder than the noise around by a share of the recording's range.

    In each 30 s the noise is what one in ten frames does not exceed. Speech begins at the noise plus `range_share` of
    what the loudest frames (one in twenty) of the recording rise above it, at least `least_rise`. Anything loud is
    taken for speech.

    Args:
        blocks: (T,) float32 at 16 kHz, consecutive.
        range_share: in (0, 1).
        least_rise: decibels; the loudness of constant noise varies by less.

    Raises:
        InputError: for an option out of range.
    """
    if not (0.0 < range_share < 1.0 and least_rise > 0.0):
        raise InputError(f"expected range_share in (0, 1) and least_rise above 0, found {range_share}, {least_rise}")
    powers, num_samples = _powers(blocks)
    duration = num_samples / SAMPLE_RATE
    if not len(powers):
        return SpeechCurve(np.empty(0, dtype=np.float32), FRAME_SAMPLES / SAMPLE_RATE, duration)
    smoothed = np.convolve(powers, np.full(SMOOTHED_FRAMES, 1.0 / SMOOTHED_FRAMES), mode="same")[: len(powers)]
    loudness = 10.0 * np.log10(np.maximum(smoothed, 1e-12))
    noise = np.maximum(_noise(loudness), QUIETEST)
    rise = np.maximum(range_share * (np.percentile(loudness, 95) - noise), least_rise)
    probabilities = 1.0 / (1.0 + np.exp(-(loudness - noise - rise)))
    return SpeechCurve(probabilities.astype(np.float32), FRAME_SAMPLES / SAMPLE_RATE, duration)


def _powers(blocks: Iterable[Waveform]) -> tuple[NDArray[np.float64], int]:
    """Mean squares (F,) of the frames, of differences of samples, which make little of hum; and the samples in all."""
    rest, last, num_samples = np.empty(0, dtype=np.float32), np.zeros(1, dtype=np.float32), 0
    found = []
    for block in blocks:
        num_samples += len(block)
        rest, last = np.concatenate((rest, block - 0.97 * np.concatenate((last, block[:-1])))), block[-1:]
        whole = len(rest) // FRAME_SAMPLES * FRAME_SAMPLES
        found.append(np.square(rest[:whole].reshape(-1, FRAME_SAMPLES)).mean(axis=1))
        rest = rest[whole:]
    if len(rest):
        found.append(np.square(rest).mean(keepdims=True))
    return np.concatenate(found).astype(np.float64) if found else np.empty(0), num_samples


def _noise(loudness: NDArray[np.float64]) -> NDArray[np.float64]:
    """The loudness (F,) of the noise around each frame, changing gradually from one block of 30 s to the next."""
    num_blocks = max(1, round(len(loudness) / BLOCK_FRAMES))
    parts = np.array_split(loudness, num_blocks)
    levels = [np.percentile(part, 10) for part in parts]
    ends = np.cumsum([len(part) for part in parts])
    centres = ends - np.array([len(part) for part in parts]) / 2.0
    noise: NDArray[np.float64] = np.interp(np.arange(len(loudness)) + 0.5, centres, levels)
    return noise
