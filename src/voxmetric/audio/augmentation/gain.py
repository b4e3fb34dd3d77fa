"""A random change of level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range


class Gain(Augmentation):
    """Multiply by a gain drawn uniformly in decibels. Nothing is clipped: samples may leave [-1, 1].

    Args:
        decibels: lowest and highest gain in dB.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range.
    """

    def __init__(self, decibels: Sequence[float] = (-6.0, 6.0), probability: float = 1.0) -> None:
        super().__init__(probability)
        self.decibels = checked_range("decibels", decibels)

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        return waveform * np.float32(10.0 ** (rng.uniform(*self.decibels) / 20.0))
