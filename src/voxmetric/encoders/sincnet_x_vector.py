"""SincNet and x-vector on the waveform (Coria et al. 2020, "A comparison of metric learning loss functions")."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.normalization import normalize
from voxmetric.encoders.sinc_filters import SincFilters
from voxmetric.encoders.time_span import TimeSpan, frames_needed, lengths_after
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.encoders.x_vector import TimeDelayNetwork

_POOLING = TimeSpan(3, stride=3)
_CONVOLUTION = TimeSpan(5)
_LEAK = 0.2


class InstanceNorm(nn.Module):
    """Each channel normalised over an item's own frames, then scaled and shifted by learnt numbers."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(num_channels, 1))
        self.shift = nn.Parameter(torch.zeros(num_channels, 1))

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Frames (B, C, T) -> the same shape."""
        return normalize(frames, lengths, "mean_variance", None) * self.scale + self.shift


class SincNetXVector(Trunk):
    """Sinc filters and two convolutions, each pooled, normalised and rectified, then the x-vector's layers.

    3 s at 16 kHz: 48,000 samples -> 9,550 -> 351 frames -> 337. Weight normalisation instead of batch normalisation.

    Args:
        num_features: 1, the waveform.
        sample_rate: Hz of the waveform.
        channels: widths of the five time-delay layers.
    """

    published = Published({"name": "waveform"}, "statistics", 512)

    def __init__(
        self,
        num_features: int,
        sample_rate: int,
        channels: Sequence[int] = (512, 512, 512, 512, 1500),
    ) -> None:
        filters = SincFilters(sample_rate=sample_rate)
        network = TimeDelayNetwork(60, channels, normalization="weight")
        spans = [filters.span, _POOLING, _CONVOLUTION, _POOLING, _CONVOLUTION, _POOLING, *network.spans]
        super().__init__(channels[-1], frames_needed(spans))
        self.waveform_norm = InstanceNorm(num_features)
        self.convolutions = nn.ModuleList([filters, nn.Conv1d(80, 60, 5), nn.Conv1d(60, 60, 5)])
        self.norms = nn.ModuleList(InstanceNorm(size) for size in (80, 60, 60))
        self.network = network
        self.spans = (filters.span, _CONVOLUTION, _CONVOLUTION)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        frames = self.waveform_norm(features, lengths)
        for index, (convolution, span, norm) in enumerate(zip(self.convolutions, self.spans, self.norms, strict=True)):
            frames = convolution(frames)
            frames = F.max_pool1d(frames.abs() if index == 0 else frames, 3)
            lengths = lengths_after(lengths_after(lengths, span), _POOLING)
            frames = F.leaky_relu(norm(frames, lengths), _LEAK)
        frames, lengths = self.network(frames, lengths)
        return frames, lengths
