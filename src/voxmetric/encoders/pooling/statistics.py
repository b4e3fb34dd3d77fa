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
        mean = mean_over_time(frames, lengths)
        count = torch.as_tensor(frame_counts(frames, lengths), dtype=frames.dtype, device=frames.device)
        biased = mean_over_time((frames - mean).square(), lengths)
        variance = biased * (count / (count - 1).clamp(min=1))
        return torch.cat([mean, (variance + _VARIANCE_OFFSET).sqrt()], dim=1).squeeze(-1)
