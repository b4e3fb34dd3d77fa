"""The linear-frequency spectrogram as it is."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from voxmetric.audio.features.spectral import SpectralFrontEnd, SpectralOptions


@dataclass(frozen=True, kw_only=True)
class SpectrogramOptions(SpectralOptions):
    """Options of `spectrogram`."""

    def build(self) -> Spectrogram:
        """The front-end with these options."""
        return Spectrogram(self)


class Spectrogram(SpectralFrontEnd):
    """Magnitudes, or their squares, of all frequencies: features (B, fft_size // 2 + 1, N)."""

    def __init__(self, options: SpectrogramOptions) -> None:
        super().__init__("spectrogram", options, options.num_bins)

    def per_frame(self, frames: Tensor) -> Tensor:
        spectra: Tensor = self.spectrum(self.spectrum.without_offset(frames))
        return spectra
