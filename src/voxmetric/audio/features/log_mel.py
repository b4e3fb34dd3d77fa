"""Logarithms of mel filter energies."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.audio.features.masking import fill_padding
from voxmetric.audio.features.mel_energies import MelEnergies, MelOptions
from voxmetric.audio.features.spectral import SpectralFrontEnd


@dataclass(frozen=True, kw_only=True)
class LogMelOptions(MelOptions):
    """Options of `log_mel`; the defaults are those of Chung et al. 2020 (voxceleb_trainer).

    Attributes:
        dynamic_range: raise what is further than this below the recording's own maximum, in units of the logarithm.
    """

    dynamic_range: float | None = None

    def build(self) -> LogMel:
        """The front-end with these options."""
        return LogMel(self)


class LogMel(SpectralFrontEnd):
    """Log-mel spectrogram: features (B, num_mels, N)."""

    def __init__(self, options: LogMelOptions) -> None:
        super().__init__("log_mel", options, options.num_mels)
        self.mel_energies = MelEnergies(options)
        self.dynamic_range = options.dynamic_range

    def per_frame(self, frames: Tensor) -> Tensor:
        energies: Tensor = self.mel_energies(self.spectrum(self.spectrum.without_offset(frames)))
        return energies

    def over_time(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        if self.dynamic_range is None:
            return features
        loudest = fill_padding(features, lengths, -torch.inf).amax((1, 2), keepdim=True)
        return torch.maximum(features, loudest - self.dynamic_range)
