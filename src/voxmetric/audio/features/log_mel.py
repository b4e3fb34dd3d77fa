"""Logarithms of mel filter energies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from voxmetric.audio.features.masking import fill_padding
from voxmetric.audio.features.mel_energies import MelEnergies, MelOptions
from voxmetric.audio.features.spectral import SpectralFrontEnd

# The filter bank of Kaldi and WeSpeaker, at 16 kHz: options to start `log_mel` from.
KALDI: Mapping[str, Any] = {
    "window": "hamming_symmetric",
    "edges": "snip",
    "input_scale": 32768.0,
    "remove_offset": True,
    "pre_emphasis": 0.97,
    "pre_emphasis_on": "frame",
    "num_mels": 80,
    "mel_filters": "mel",
    "low_frequency": 20.0,
    "offset": 0.0,
    "floor": torch.finfo(torch.float32).eps,
    "normalization": "mean",
}


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
