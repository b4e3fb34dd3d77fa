"""Cepstral mean (and variance) normalisation over time."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from voxmetric.audio.features.masking import fill_padding, frame_counts, mean_over_time, padding_mask

Normalization = Literal["none", "mean", "mean_variance"]
_VARIANCE_OFFSET = 1e-5


def normalize(features: Tensor, lengths: Tensor | None, kind: Normalization, frames_each_side: int | None) -> Tensor:
    """Normalise each feature over time; padding comes out as zeros.

    Args:
        features: (B, F, T).
        lengths: (B,) frames that count in each item, or None for all.
        kind: `none`; subtract the `mean`; `mean_variance` also divides by the standard deviation.
        frames_each_side: None takes the statistics from the whole item, the variance biased and raised by 1e-5 as
            instance normalisation does; a number takes them from that many frames on both sides of each frame (fewer
            at the ends), the variance unbiased.
    """
    if kind == "none":
        return fill_padding(features, lengths)
    if frames_each_side is None:
        return _whole(features, lengths, kind == "mean_variance")
    return fill_padding(_sliding(features, lengths, kind == "mean_variance", frames_each_side), lengths)


def _whole(features: Tensor, lengths: Tensor | None, with_variance: bool) -> Tensor:
    centred = features - mean_over_time(features, lengths)
    if lengths is not None:
        centred.masked_fill_(padding_mask(lengths.to(centred.device), centred.shape[-1]).unsqueeze(1), 0.0)
    if not with_variance:
        return centred
    variance = centred.square().sum(-1, keepdim=True) / frame_counts(centred, lengths)
    return centred * torch.rsqrt(variance + _VARIANCE_OFFSET)


def _sliding(features: Tensor, lengths: Tensor | None, with_variance: bool, frames_each_side: int) -> Tensor:
    # Centred first, and summed in float64: differences of long running sums lose their digits in float32.
    centred = fill_padding(features - mean_over_time(features, lengths), lengths).double()
    num_frames = features.shape[-1]
    position = torch.arange(num_frames, device=features.device)
    ends = position.new_full((1, 1, 1), num_frames) if lengths is None else lengths.to(position).view(-1, 1, 1)
    first = (position - frames_each_side).clamp(min=0).expand(ends.shape[0], 1, -1)
    behind = torch.minimum(position + frames_each_side + 1, ends).clamp(min=1)
    count = (behind - first).clamp(min=1)

    def window_sum(values: Tensor) -> Tensor:
        running = F.pad(values.cumsum(-1), (1, 0))
        shape = values.shape
        return running.gather(-1, behind.expand(shape)) - running.gather(-1, first.expand(shape))

    mean = window_sum(centred) / count
    normalized = centred - mean
    if with_variance:
        sum_of_squares = (window_sum(centred.square()) - count * mean.square()).clamp(min=0)
        variance = sum_of_squares / (count - 1).clamp(min=1)
        normalized = normalized * torch.rsqrt(variance + _VARIANCE_OFFSET)
    return normalized.to(features)
