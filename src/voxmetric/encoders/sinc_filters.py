"""Band-pass filters whose cut-off frequencies are learnt (Ravanelli & Bengio 2018, SincNet)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.encoders.time_span import TimeSpan

_MINIMUM_LOW, _MINIMUM_BAND, _FIRST_LOW = 50.0, 50.0, 30.0


class SincFilters(nn.Module):
    """Convolution of a waveform with windowed ideal band-passes.

    Filter i passes from f1 = 50 Hz + |a_i| to f2 = f1 + 50 Hz + |b_i|, at most half the sample rate:
    h_i(t) = w(t) (f2 sinc(2 f2 t) - f1 sinc(2 f1 t)) / (f2 - f1), w a Hamming window. a and b start equidistant on
    the mel scale from 30 Hz to 100 Hz below half the sample rate.

    Args:
        num_filters: rows of the output.
        kernel_size: taps, odd.
        stride: samples from one frame to the next.
        sample_rate: Hz.
    """

    window: Tensor
    times: Tensor

    def __init__(
        self, num_filters: int = 80, kernel_size: int = 251, stride: int = 5, sample_rate: int = 16000
    ) -> None:
        super().__init__()
        self.span = TimeSpan(kernel_size, stride)
        self.highest = sample_rate / 2
        ends = torch.tensor([_FIRST_LOW, self.highest - _MINIMUM_LOW - _MINIMUM_BAND])
        mels = 2595 * torch.log10(1 + ends / 700)
        edges = 700 * (10 ** (torch.linspace(float(mels[0]), float(mels[1]), num_filters + 1) / 2595) - 1)
        self.low = nn.Parameter(edges[:-1].unsqueeze(1))
        self.band = nn.Parameter(edges.diff().unsqueeze(1))
        taps = torch.arange(kernel_size) - (kernel_size - 1) / 2
        self.register_buffer("times", taps / sample_rate, persistent=False)
        self.register_buffer("window", torch.hamming_window(kernel_size, periodic=False), persistent=False)

    def filters(self) -> Tensor:
        """Impulse responses (num_filters, kernel_size)."""
        low = _MINIMUM_LOW + self.low.abs()
        high = (low + _MINIMUM_BAND + self.band.abs()).clamp(max=self.highest)
        low = torch.minimum(low, high - 1)
        ideal = high * torch.sinc(2 * high * self.times) - low * torch.sinc(2 * low * self.times)
        return self.window * ideal / (high - low)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Waveforms (B, 1, T) -> filtered (B, num_filters, T')."""
        return F.conv1d(waveforms, self.filters().unsqueeze(1), stride=self.span.stride)
