"""Derivatives over time by regression."""

from __future__ import annotations

import torch
from torch import Tensor

_FRAMES_EACH_SIDE = 2


def append_deltas(features: Tensor, lengths: Tensor | None, orders: int) -> Tensor:
    """Features (B, F, T) with their first `orders` derivatives below them, (B, F * (1 + orders), T).

    A derivative is the slope of the straight line through two frames on each side (HTK book, eq. 5.16); an item's
    first and last frame stand in for those beyond its ends.
    """
    stages = [features]
    for _ in range(orders):
        stages.append(_slope(stages[-1], lengths))
    return torch.cat(stages, dim=1)


def _slope(features: Tensor, lengths: Tensor | None) -> Tensor:
    num_frames = features.shape[-1]
    position = torch.arange(num_frames, device=features.device)
    last = position[-1:] if lengths is None else lengths.to(position).view(-1, 1, 1) - 1

    def at(offset: int) -> Tensor:
        index = torch.minimum((position + offset).clamp(min=0), last)
        return features.gather(-1, index.expand_as(features))

    steps = range(1, _FRAMES_EACH_SIDE + 1)
    slopes = torch.stack([step * (at(step) - at(-step)) for step in steps]).sum(0)
    return slopes / (2 * sum(step**2 for step in steps))
