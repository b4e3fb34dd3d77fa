"""Rooms without recordings: impulse responses drawn from a statistical model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.audio.augmentation.reverberation import convolve

_FIRST_REFLECTION = 0.0025  # seconds after the direct path: a detour of somewhat under a metre


class SimulatedReverberation(Augmentation):
    """Convolve with a simulated impulse response: a direct path and exponentially decaying Gaussian noise.

    This is Polack's statistical model of late reverberation. It is no measured room, nor a traced one: early
    reflections are noise as well, and all frequencies decay alike.

    Args:
        reverberation_time: shortest and longest time in seconds in which the tail decays by 60 dB.
        direct_to_reverberant: lowest and highest energy ratio of the direct path to the tail, in dB.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range.
    """

    def __init__(
        self,
        reverberation_time: Sequence[float] = (0.2, 0.8),
        direct_to_reverberant: Sequence[float] = (-3.0, 12.0),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.reverberation_time = checked_range("reverberation_time", reverberation_time, lowest=0.01)
        self.direct_to_reverberant = checked_range("direct_to_reverberant", direct_to_reverberant)
        self.sample_rate = sample_rate

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        return convolve(waveform, self.response(rng))

    def response(self, rng: np.random.Generator) -> Waveform:
        """Draw an impulse response (R,), as long as its reverberation time, direct path first with amplitude 1."""
        reverberation_time = rng.uniform(*self.reverberation_time)
        ratio = rng.uniform(*self.direct_to_reverberant)
        seconds = np.arange(int(reverberation_time * self.sample_rate), dtype=np.float32) / self.sample_rate
        tail = rng.standard_normal(len(seconds), dtype=np.float32)
        tail *= np.float32(10.0) ** (-3.0 * seconds / np.float32(reverberation_time))
        tail[: max(1, int(_FIRST_REFLECTION * self.sample_rate))] = 0.0
        tail *= np.float32(10.0 ** (-ratio / 20.0) / np.linalg.norm(tail))
        tail[0] = 1.0
        return tail
