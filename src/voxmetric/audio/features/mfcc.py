"""Mel-frequency cepstral coefficients with their derivatives."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.audio.features.deltas import append_deltas
from voxmetric.audio.features.framing import Edges
from voxmetric.audio.features.mel_energies import MelEnergies, MelOptions
from voxmetric.audio.features.mel_filter_bank import MelFilters
from voxmetric.audio.features.spectral import SpectralFrontEnd
from voxmetric.audio.features.spectrum import PreEmphasis, Window
from voxmetric.errors import InputError


@dataclass(frozen=True, kw_only=True)
class MfccOptions(MelOptions):
    """Options of `mfcc`; the defaults are Kaldi's way of framing, with 20 coefficients and two derivatives (60 rows).

    Attributes:
        num_cepstra: coefficients, the zeroth included.
        energy: the zeroth is the logarithm of the frame's energy, taken before pre-emphasis and window.
        lifter: coefficient k is scaled by 1 + lifter / 2 * sin(pi k / lifter); 0 leaves them as they are.
        deltas: derivatives appended: 0, 1 or 2, each over two frames on both sides.
    """

    window: Window = "hamming_symmetric"
    edges: Edges = "snip"
    input_scale: float = 32768.0
    remove_offset: bool = True
    pre_emphasis: float = 0.97
    pre_emphasis_on: PreEmphasis = "frame"
    num_mels: int = 30
    mel_filters: MelFilters = "mel"
    low_frequency: float = 20.0
    offset: float = 0.0
    floor: float = torch.finfo(torch.float32).eps
    normalization_frames: int | None = 150
    num_cepstra: int = 20
    energy: bool = True
    lifter: float = 22.0
    deltas: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.num_cepstra <= self.num_mels:
            raise InputError(f"num_cepstra is {self.num_cepstra}: expected 1 to num_mels, {self.num_mels}")
        if self.deltas not in (0, 1, 2):
            raise InputError(f"deltas is {self.deltas}: expected 0, 1 or 2")

    def build(self) -> Mfcc:
        """The front-end with these options."""
        return Mfcc(self)


class Mfcc(SpectralFrontEnd):
    """Cepstra: features (B, num_cepstra * (1 + deltas), N)."""

    cosines: Tensor

    def __init__(self, options: MfccOptions) -> None:
        super().__init__("mfcc", options, options.num_cepstra * (1 + options.deltas))
        self.mel_energies = MelEnergies(options)
        self.energy, self.floor, self.deltas = options.energy, options.floor, options.deltas
        cosines = cosine_transform(options.num_mels, options.num_cepstra) * lifter(options.num_cepstra, options.lifter)
        self.register_buffer("cosines", cosines.float(), persistent=False)

    def per_frame(self, frames: Tensor) -> Tensor:
        frames = self.spectrum.without_offset(frames)
        cepstra: Tensor = self.mel_energies(self.spectrum(frames)) @ self.cosines
        if self.energy:
            energy = (
                frames[..., : self.spectrum.framing.frame_length]
                .square()
                .sum(-1, keepdim=True)
                .clamp(min=self.floor)
                .log()
            )
            cepstra = torch.cat([energy, cepstra[..., 1:]], dim=-1)
        return cepstra

    def over_time(self, features: Tensor, lengths: Tensor | None) -> Tensor:
        return append_deltas(features, lengths, self.deltas)


def cosine_transform(num_mels: int, num_cepstra: int) -> Tensor:
    """The first columns (num_mels, num_cepstra) of the orthonormal DCT-II, float64."""
    order = torch.arange(num_cepstra, dtype=torch.float64)
    position = torch.arange(num_mels, dtype=torch.float64).unsqueeze(1) + 0.5
    columns = torch.cos(math.pi / num_mels * position * order) * math.sqrt(2 / num_mels)
    columns[:, 0] = math.sqrt(1 / num_mels)
    return columns


def lifter(num_cepstra: int, lifter: float) -> Tensor:
    """The factor (num_cepstra,) on each coefficient, float64."""
    order = torch.arange(num_cepstra, dtype=torch.float64)
    if lifter == 0:
        return torch.ones_like(order)
    return 1 + lifter / 2 * torch.sin(math.pi / lifter * order)
