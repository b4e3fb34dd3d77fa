"""Narrower bands: telephones, cheap microphones, low bit rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from voxmetric.audio.augmentation.augmentation import Augmentation, Waveform, checked_range
from voxmetric.errors import InputError

_EDGE = 100.0  # hertz from full gain to none
_RINGING = 0.05  # seconds of silence in which the filter rings, so that the end does not reach the beginning


class BandLimit(Augmentation):
    """Keep the frequencies between two limits drawn uniformly, as between narrow-band telephone and wide band.

    Frequencies within the limits keep level and phase; beyond them the gain falls to nothing within 100 Hz. The
    defaults go from the telephone's 300 to 3,400 Hz to nearly everything that there is at 16 kHz.

    Args:
        low: range of the lower limit in Hz; 0 removes nothing there.
        high: range of the upper limit in Hz, above that of `low`; half the sample rate removes nothing there.
        sample_rate: of the audio it will be given, in Hz.
        probability: chance in [0, 1] to act.

    Raises:
        InputError: if an option is out of range.
    """

    def __init__(
        self,
        low: Sequence[float] = (0.0, 300.0),
        high: Sequence[float] = (3400.0, 8000.0),
        sample_rate: int = 16_000,
        probability: float = 1.0,
    ) -> None:
        super().__init__(probability)
        self.low = checked_range("low", low, lowest=0.0)
        self.high = checked_range("high", high, lowest=0.0)
        if self.low[1] >= self.high[0]:
            raise InputError(
                f"band_limit needs low below high, found low up to {self.low[1]:g} and high from {high[0]:g}"
            )
        self.sample_rate = sample_rate

    def apply(self, waveform: Waveform, rng: np.random.Generator) -> Waveform:
        low, high = rng.uniform(*self.low), rng.uniform(*self.high)
        length = fft.next_fast_len(len(waveform) + int(_RINGING * self.sample_rate), real=True)
        spectrum = fft.rfft(waveform, length)
        frequencies = np.arange(len(spectrum), dtype=np.float32) * np.float32(self.sample_rate / length)
        beyond = np.maximum(low - frequencies, frequencies - high)
        spectrum *= np.clip(1.0 - beyond / np.float32(_EDGE), 0.0, 1.0, dtype=np.float32)
        limited: Waveform = fft.irfft(spectrum, length)[: len(waveform)]
        return limited
