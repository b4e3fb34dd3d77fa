"""Mel filter banks as the toolkits of the field define them."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from voxmetric.errors import InputError, unknown_name

MelFilters = Literal["hertz", "mel", "symmetric", "slaney"]


def mel_filter_bank(
    kind: MelFilters,
    *,
    num_mels: int,
    num_bins: int,
    sample_rate: int,
    low_frequency: float,
    high_frequency: float,
) -> Tensor:
    """Weights (num_bins, num_mels), float64, of triangular filters with equidistant centres on a mel scale.

    Args:
        kind: how the triangles are drawn.
            `hertz`: straight in Hz between neighbouring centres (torchaudio, sslsv, voxceleb_trainer);
            `mel`: straight on the mel axis, half the sample rate left out (Kaldi and its descendants);
            `symmetric`: in Hz, both sides as wide as the lower one (SpeechBrain);
            `slaney`: as `hertz` on Slaney's scale (linear below 1 kHz), each of unit area (librosa).
        num_mels: filters, at least 1.
        num_bins: bins of the spectrum from 0 Hz to half the sample rate.
        sample_rate: Hz.
        low_frequency, high_frequency: outer edges of the first and the last filter, Hz.

    Raises:
        InputError: if the edges are not 0 <= low < high <= sample_rate / 2.
    """
    if kind not in get_args(MelFilters):
        raise unknown_name("kind of mel_filters", kind, get_args(MelFilters))
    if not 0 <= low_frequency < high_frequency <= sample_rate / 2:
        raise InputError(
            f"mel filters from {low_frequency:g} to {high_frequency:g} Hz do not fit: expected "
            f"0 <= low_frequency < high_frequency <= {sample_rate / 2:g} Hz, half the sample rate"
        )
    to_mel, to_hertz = (_to_slaney, _from_slaney) if kind == "slaney" else (_to_mel, _from_mel)
    ends = to_mel(torch.tensor([low_frequency, high_frequency], dtype=torch.float64))
    mels = ends[0] + (ends[1] - ends[0]) * torch.linspace(0, 1, num_mels + 2, dtype=torch.float64)
    bins = torch.linspace(0, sample_rate / 2, num_bins, dtype=torch.float64)
    points, axis = (mels, to_mel(bins)) if kind == "mel" else (to_hertz(mels), bins)

    lower, centre, upper = points[:-2], points[1:-1], points[2:]
    width_below = centre - lower
    width_above = width_below if kind == "symmetric" else upper - centre
    rising = (axis.unsqueeze(1) - lower) / width_below
    falling = 1 - (axis.unsqueeze(1) - centre) / width_above
    filters = torch.minimum(rising, falling).clamp(min=0)
    if kind == "mel":
        filters[-1] = 0
    if kind == "slaney":
        filters = filters * (2 / (upper - lower))
    return filters


def _to_mel(hertz: Tensor) -> Tensor:
    return 1127 * torch.log1p(hertz / 700)


def _from_mel(mel: Tensor) -> Tensor:
    return 700 * torch.expm1(mel / 1127)


# Slaney's Auditory Toolbox: 200/3 Hz a mel below 1 kHz, 27 equal ratios from there to 6.4 kHz.
_LINEAR_STEP, _BREAK_MEL, _LOG_STEP = (
    200 / 3,
    15.0,
    27 / torch.log(torch.tensor(6.4, dtype=torch.float64)).item(),
)


def _to_slaney(hertz: Tensor) -> Tensor:
    above = _BREAK_MEL + _LOG_STEP * torch.log(hertz.clamp(min=1000) / 1000)
    return torch.where(hertz < 1000, hertz / _LINEAR_STEP, above)


def _from_slaney(mel: Tensor) -> Tensor:
    above = 1000 * torch.exp((mel - _BREAK_MEL) / _LOG_STEP)
    return torch.where(mel < _BREAK_MEL, mel * _LINEAR_STEP, above)
