"""Logarithms of mel filter energies, the common part of `log_mel` and `mfcc`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor, nn

from voxmetric.audio.features.mel_filter_bank import MelFilters, mel_filter_bank
from voxmetric.audio.features.spectral import SpectralOptions
from voxmetric.errors import InputError, unknown_name

Log = Literal["natural", "decibel", "none"]


@dataclass(frozen=True, kw_only=True)
class MelOptions(SpectralOptions):
    """A mel filter bank on a spectrum and the logarithm of its energies.

    Attributes:
        num_mels: filters.
        mel_filters: see `mel_filter_bank`.
        low_frequency, high_frequency: outer edges of the bank, Hz; None is half the sample rate.
        log: `natural`, `decibel` (10 log10) or `none`.
        offset, floor: the logarithm is taken of max(energy + offset, floor).
    """

    num_mels: int = 40
    mel_filters: MelFilters = "hertz"
    low_frequency: float = 0.0
    high_frequency: float | None = None
    log: Log = "natural"
    offset: float = 1e-6
    floor: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.log not in get_args(Log):
            raise unknown_name("log", self.log, get_args(Log))
        if self.num_mels < 1:
            raise InputError(f"num_mels is {self.num_mels}: expected at least 1")
        if min(self.offset, self.floor) < 0 or (self.log != "none" and max(self.offset, self.floor) == 0):
            raise InputError(
                f"offset is {self.offset} and floor {self.floor}: the logarithm of silence would be infinite; "
                "give one of them a small positive value"
            )

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


class MelEnergies(nn.Module):
    """Spectra (..., num_bins) to the logarithms of mel energies (..., num_mels)."""

    filters: Tensor

    def __init__(self, options: MelOptions) -> None:
        super().__init__()
        self.log, self.offset, self.floor = options.log, options.offset, options.floor
        self.register_buffer("filters", options.filters().float(), persistent=False)

    def forward(self, spectra: Tensor) -> Tensor:
        """The logarithm, or the energies themselves."""
        energies = spectra @ self.filters
        if self.log == "none":
            return energies
        energies = energies + self.offset
        if self.floor > self.offset:  # below the offset there is nothing
            energies = energies.clamp(min=self.floor)
        return energies.log() if self.log == "natural" else 10 * energies.log10()
