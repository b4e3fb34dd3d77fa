"""What every augmentation has in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.audio.recordings import Recordings

Waveform = NDArray[np.float32]


class Augmentation(ABC):
    """A random change of a waveform, drawn anew at every call from the generator it is given.

    Args:
        probability: chance in [0, 1] that a call changes anything.

    Raises:
        InputError: if the probability is not in [0, 1].

    Attributes:
        changes_speaker: whether the result may sound like another person, as with speed. Views of one recording,
            which are to sound like one person, then all get the same change.
    """

    changes_speaker = False

    def __init__(self, probability: float = 1.0) -> None:
        if not 0.0 <= probability <= 1.0:
            raise InputError(f"probability must lie in [0, 1], found {probability}")
        self.probability = probability

    def __call__(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        """Change `waveform` (T,) float32, or return it as it is; the argument itself is never written to."""
        return self.apply(waveform, rng) if rng.random() < self.probability else waveform

    @abstractmethod
    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        """The changed waveform: (T,) float32, or what `input_samples` says where that is overridden."""

    def input_samples(self, num_samples: int) -> int:
        """How many samples to give for at least `num_samples` to come out, whatever is drawn."""
        return num_samples

    def offer_corpus(self, recordings: Recordings) -> None:  # noqa: B027 most need nothing
        """Take what is needed of the recordings that are trained on; a loader calls this before the first call."""


def checked_range(name: str, bounds: Sequence[float], lowest: float = -math.inf) -> tuple[float, float]:
    """`bounds` as (low, high) with lowest <= low <= high, both finite.

    Raises:
        InputError: otherwise.
    """
    if isinstance(bounds, Sequence) and len(bounds) == 2 and not isinstance(bounds, str):
        low, high = bounds
        if math.isfinite(low) and math.isfinite(high) and lowest <= low <= high:
            return low, high
    least = "" if lowest == -math.inf else f", the lower at least {lowest:g}"
    raise InputError(f"{name} must be two finite numbers, low and high{least}; found {bounds!r}")
