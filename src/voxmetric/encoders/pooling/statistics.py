"""Statistics pooling (Snyder et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.audio.features.masking import frame_counts, mean_over_time
from voxmetric.encoders.pooling.pooling import Pooling

_VARIANCE_OFFSET = 1e-7


class Statistics(Pooling):
    """Mean and standard deviation over time, the variance unbiased and raised by 1e-7 (zero for a single frame)."""

    def __init__(self, num_channels: int) -> None:
        super().__init__(2 * num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        mean, variance = moments_over_time(frames, lengths, unbiased=True)
        return torch.cat([mean, (variance + _VARIANCE_OFFSET).sqrt()], dim=1).squeeze(-1)


def moments_over_time(frames: Tensor, lengths: Tensor | None, *, unbiased: bool) -> tuple[Tensor, Tensor]:
    """Mean and variance of each item's own frames: (B, C, T) -> two of (B, C, 1)."""
    mean = mean_over_time(frames, lengths)
    variance = mean_over_time((frames - mean).square(), lengths)
    if unbiased:
        count = torch.as_tensor(frame_counts(frames, lengths), dtype=frames.dtype, device=frames.device)
        variance = variance * (count / (count - 1).clamp(min=1))
    return mean, variance
