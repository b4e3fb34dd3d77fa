"""From windows to frames: who speaks in each tenth of a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.clustering.forward_backward import forward_backward

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frames:
    """Each region cut into frames of equal length.

    Attributes:
        starts: (F,) in seconds, rising.
        ends: (F,) in seconds.
        region: (F,) number of the region that each belongs to.
    """

    starts: Floats
    ends: Floats
    region: NDArray[np.int64]

    @classmethod
    def of(cls, regions: Regions, frame_seconds: float) -> Frames:
        """Frames of at most `frame_seconds`; a region's first begins with it and its last ends with it."""
        lengths = regions.ends - regions.starts
        counts = np.maximum(1, np.ceil(lengths / frame_seconds - 1e-9)).astype(np.int64)
        owners = np.repeat(np.arange(len(regions)), counts)
        number = np.arange(len(owners)) - np.repeat(counts.cumsum() - counts, counts)
        steps = (lengths / counts)[owners]
        starts = regions.starts[owners] + number * steps
        return cls(starts, starts + steps, owners)

    @property
    def centres(self) -> Floats:
        """(F,) in seconds."""
        return (self.starts + self.ends) / 2.0


def frame_scores(frames: Frames, starts: Floats, ends: Floats, scores: Floats) -> Floats:
    """Scores (F, K) of frames: the mean of those of the windows (W, K) over each, or that of the nearest window.

    Args:
        frames: F of them.
        starts: (W,) of the windows, rising.
        ends: (W,), rising.
        scores: (W, K).
    """
    centres = frames.centres
    sums = np.concatenate((np.zeros((1, scores.shape[1])), scores.cumsum(axis=0)))
    first = np.searchsorted(ends, centres, side="right")
    stop = np.searchsorted(starts, centres, side="right")
    middles = (starts + ends) / 2.0
    after = np.searchsorted(middles, centres).clip(1, max(1, len(middles) - 1))
    before = np.minimum(after - 1, len(middles) - 1)
    after = np.minimum(after, len(middles) - 1)
    nearest = np.where(centres - middles[before] <= middles[after] - centres, before, after)
    uncovered = stop <= first
    first, stop = np.where(uncovered, nearest, first), np.where(uncovered, nearest + 1, stop)
    means: Floats = (sums[stop] - sums[first]) / (stop - first)[:, None]
    return means


def posteriors(scores: Floats, sharpness: float, frame_seconds: float, turn_seconds: float) -> Floats:
    """Probability (F, K) that each frame is of each speaker, by a hidden Markov model of turns of a mean length.

    Args:
        scores: (F, K) cosines.
        sharpness: nats that a cosine is worth.
        frame_seconds: length of a frame.
        turn_seconds: mean length of a turn.
    """
    speakers = scores.shape[1]
    if speakers == 1:
        return np.ones_like(scores)
    stay = max(0.0, 1.0 - frame_seconds / turn_seconds)
    found: Floats = forward_backward(sharpness * scores, np.full(speakers, 1.0 / speakers), stay).states
    return found
