"""Windows that cover the speech of a recording."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.voice_activity import Regions

Windows = tuple[NDArray[np.float64], NDArray[np.float64]]


def cover(regions: Regions, window_seconds: float, hop_seconds: float) -> Windows:
    """Starts (W,) and ends (W,) of windows over each region, evenly spaced at most `hop_seconds` apart.

    The first begins and the last ends with its region; a region shorter than a window has one, as long as itself.
    Starts and ends both rise.
    """
    lengths = regions.ends - regions.starts
    beyond = np.maximum(lengths - window_seconds, 0.0)
    # A hop that fits but for rounding must not make another window.
    counts = 1 + np.ceil(beyond / hop_seconds - 1e-9).astype(np.int64)
    owners = np.repeat(np.arange(len(regions)), counts)
    number = np.arange(len(owners)) - np.repeat(counts.cumsum() - counts, counts)
    steps = beyond / np.maximum(counts - 1, 1)
    starts = regions.starts[owners] + number * steps[owners]
    return starts, starts + np.minimum(lengths, window_seconds)[owners]


def around(windows: Windows, seconds: float, duration: float) -> Windows:
    """Windows (W,) of another length with the same centres, moved to lie within [0, duration]."""
    length = min(seconds, duration)
    starts = np.clip((windows[0] + windows[1] - length) / 2.0, 0.0, duration - length)
    return starts, starts + length
