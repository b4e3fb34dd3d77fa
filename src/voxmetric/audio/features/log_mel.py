"""Logarithms of mel filter energies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from voxmetric.audio.features.front_end import FrontEnd
from voxmetric.audio.features.masking import fill_padding
from voxmetric.audio.features.mel_filter_bank import MelFilters, mel_filter_bank
from voxmetric.audio.features.normalization import Normalization, normalize
from voxmetric.audio.features.spectrum import SpectrumOptions
from voxmetric.errors import InputError, unknown_name

Log = Literal["natural", "decibel", "none"]


@dataclass(frozen=True, kw_only=True)
class MelOptions(SpectrumOptions):
    """A mel filter bank on a spectrum, its logarithm, and normalisation.

    Attributes:
        num_mels: filters.
        mel_filters: see `mel_filter_bank`.
        low_frequency, high_frequency: outer edges of the bank, Hz; None is half the sample rate.
        log: `natural`, `decibel` (10 log10) or `none`.
        offset, floor: the logarithm is taken of max(energy + offset, floor).
        dynamic_range: clip what is this far below the recording's own maximum, in units of the logarithm.
        normalization: over time: `none`, `mean` or `mean_variance`.
        normalization_frames: statistics from this many frames on both sides; None: from the whole recording.
    """

    num_mels: int = 40
    mel_filters: MelFilters = "hertz"
    low_frequency: float = 0.0
    high_frequency: float | None = None
    log: Log = "natural"
    offset: float = 1e-6
    floor: float = 0.0
    dynamic_range: float | None = None
    normalization: Normalization = "mean_variance"
    normalization_frames: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind, value, valid in (
            ("log", self.log, get_args(Log)),
            ("normalization", self.normalization, get_args(Normalization)),
        ):
            if value not in valid:
                raise unknown_name(kind, value, valid)
        if self.num_mels < 1:
            raise InputError(f"num_mels is {self.num_mels}: expected at least 1")
        if self.log != "none" and max(self.offset, self.floor) <= 0:
            raise InputError("the logarithm of silence is infinite: give an offset or a floor above 0")

    def filters(self) -> Tensor:
        """The weights (num_bins, num_mels), float64."""
        return mel_filter_bank(
            self.mel_filters,
            num_mels=self.num_mels,
            num_bins=self.num_bins,
            sample_rate=self.sample_rate,
            low_frequency=self.low_frequency,
            high_frequency=self.sample_rate / 2 if self.high_frequency is None else self.high_frequency,
        )


@dataclass(frozen=True, kw_only=True)
class LogMelOptions(MelOptions):
    """Options of `log_mel`; the defaults are those of Chung et al. 2020 (voxceleb_trainer)."""

    def build(self) -> LogMel:
        """The front-end with these options."""
        return LogMel(self)


class LogMel(FrontEnd):
    """Log-mel spectrogram: features (B, num_mels, N)."""

    filters: Tensor

    def __init__(self, options: LogMelOptions) -> None:
        super().__init__("log_mel", options, options.num_mels)
        self.mel = options
        self.register_buffer("filters", options.filters().float(), persistent=False)

    def per_frame(self, frames: Tensor) -> Tensor:
        spectrum = self.spectrum(self.spectrum.without_offset(frames))
        return log_energies(spectrum @ self.filters, self.mel)

    def over_time(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        options = self.mel
        if options.dynamic_range is not None:
            loudest = fill_padding(features, lengths, -torch.inf).amax((1, 2), keepdim=True)
            features = torch.maximum(features, loudest - options.dynamic_range)
        return normalize(features, lengths, options.normalization, options.normalization_frames)


def log_energies(energies: Tensor, options: MelOptions) -> Tensor:
    """The logarithm that `options` ask for, element by element."""
    if options.log == "none":
        return energies
    energies = energies + options.offset if options.offset else energies
    energies = energies.clamp(min=options.floor) if options.floor else energies
    return energies.log() if options.log == "natural" else 10 * energies.log10()
