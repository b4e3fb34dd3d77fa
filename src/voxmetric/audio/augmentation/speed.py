"""Faster or slower playback."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import soxr

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform
from voxmetric.errors import InputError

_SLOWEST, _FASTEST = 0.5, 2.0


class Speed(Augmentation):
    """Play at one of several speeds, each with equal chance (Ko et al., 2015, "Audio augmentation").

    A resampling: pitch and formants move with the tempo, so that a factor far from 1 makes another speaker. Labels stay
    what they were. Views of one recording all get the same factor: were it drawn for each, training would count two
    voices as one.

    What comes out is shorter than what goes in by the largest factor, whichever factor is drawn.

    Args:
        factors: speeds, each in [0.5, 2]; 1.1 is ten per cent faster.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range.
    """

    changes_speaker = True

    def __init__(self, factors: Sequence[float] = (0.9, 1.0, 1.1), probability: float = 1.0) -> None:
        super().__init__(probability)
        if not factors or not all(_SLOWEST <= factor <= _FASTEST for factor in factors):
            raise InputError(f"speed factors must lie in [{_SLOWEST}, {_FASTEST}], found {list(factors)}")
        self.factors = tuple(factors)
        self._fastest = max(*self.factors, 1.0)

    def input_samples(self, num_samples: int) -> int:
        return math.ceil(num_samples * self._fastest)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        factor = self.factors[rng.integers(len(self.factors))]
        num_samples = int(len(waveform) / self._fastest + 1e-6)  # inverts `input_samples`, rounding errors included
        played = waveform[: math.ceil(num_samples * factor)]
        if factor == 1.0:
            return played
        resampled: Waveform = soxr.resample(played, factor, 1.0)
        # The resampler rounds the length its own way; the few samples it may lack are the last one held.
        return np.pad(resampled[:num_samples], (0, max(0, num_samples - len(resampled))), mode="edge")
