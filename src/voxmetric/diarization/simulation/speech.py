"""Where in a labelled utterance there is speech: recordings begin and end with silence, and readers pause."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

FRAME = 10
"""Milliseconds of a frame."""

_SMOOTHED = 5  # frames
_BELOW_SPEECH = 35.0  # dB under loud speech, from which on a frame is silent in a clean recording
_ABOVE_SILENCE = 0.25  # of the way from silence to loud speech, in a noisy one
_LEAST_CONTRAST = 10.0  # dB; a recording with less has no silence that could be told from speech
_MARGIN = 5  # frames kept on both sides of speech, which fades in and out
LONGEST_PAUSE = 300
"""Milliseconds; what is longer parts two stretches of speech, as evaluations of diarization have it."""

_SHORTEST = 18  # frames of a stretch, margins included; less is a click


@dataclass(frozen=True)
class Speech:
    """The speech found in a waveform.

    Attributes:
        energies: (F,) smoothed level of each frame of 10 ms, in dB.
        spans: (S, 2) first frame of each stretch of speech and the one behind its last, in order, with a gap of more
            than 0.3 s between any two.
        level: root mean square of the samples in them.
    """

    energies: NDArray[np.float64]
    spans: NDArray[np.int64]
    level: float


def find_speech(waveform: NDArray[np.float32], sample_rate: int) -> Speech:
    """Tell speech from silence by energy, in a recording that is known to hold speech of one person.

    A frame is speech where its level, over 50 ms, is above a threshold: 35 dB under the loud frames (95th percentile),
    but a quarter of the way up from the quiet ones (5th percentile) to them where silence is louder than that.
    Stretches get 50 ms on both sides; gaps of up to 0.3 s belong to the speech around them.

    Args:
        waveform: (T,); what is left beyond the last whole frame is not looked at.
        sample_rate: in Hz, a multiple of 1000.
    """
    size = sample_rate * FRAME // 1000
    frames = np.asarray(waveform[: len(waveform) // size * size], np.float64).reshape(-1, size)
    powers = np.square(frames).mean(axis=1)
    if not len(powers) or not powers.any():
        return Speech(np.full(len(powers), -np.inf), np.zeros((0, 2), np.int64), 0.0)
    smoothed = np.maximum(uniform_filter1d(powers, _SMOOTHED, mode="nearest"), 0.0)
    energies = 10.0 * np.log10(smoothed + 1e-12)
    quiet, loud = np.percentile(energies, [5.0, 95.0])
    threshold = max(loud - _BELOW_SPEECH, quiet + _ABOVE_SILENCE * (loud - quiet))
    active = energies > threshold if loud - quiet > _LEAST_CONTRAST else np.ones(len(energies), np.bool_)
    spans = _stretches(active)
    spoken = np.zeros(len(powers) + 1)
    np.add.at(spoken, spans[:, 0], 1.0)
    np.add.at(spoken, spans[:, 1], -1.0)
    inside = np.cumsum(spoken)[:-1] > 0
    return Speech(energies, spans, float(np.sqrt(powers[inside].mean())) if inside.any() else 0.0)


def _stretches(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    changes = np.flatnonzero(np.diff(active, prepend=False, append=False))
    starts = np.maximum(changes[::2] - _MARGIN, 0)
    ends = np.minimum(changes[1::2] + _MARGIN, len(active))
    parted = starts[1:] - ends[:-1] > LONGEST_PAUSE // FRAME
    if not len(starts):
        return np.zeros((0, 2), np.int64)
    spans = np.stack([starts[np.r_[True, parted]], ends[np.r_[parted, True]]], axis=1).astype(np.int64)
    long: NDArray[np.bool_] = spans[:, 1] - spans[:, 0] >= _SHORTEST
    return spans[long]
