"""Telling an item's own frames from the padding behind them, so that a batch changes nobody's result."""

from __future__ import annotations

import torch
from torch import Tensor


def padding_mask(lengths: Tensor, num_frames: int) -> Tensor:
    """True where a frame is padding: (B,) lengths -> (B, num_frames) bool."""
    return torch.arange(num_frames, device=lengths.device) >= lengths.unsqueeze(1)


def fill_padding(values: Tensor, lengths: Tensor | None, fill: float = 0.0) -> Tensor:
    """`values` (B, ..., T) with `fill` in the padding behind each item's first `lengths` frames.

    Without lengths every frame counts and the values come back as they are.
    """
    if lengths is None:
        return values
    mask = padding_mask(lengths.to(values.device), values.shape[-1])
    return values.masked_fill(mask.view(mask.shape[0], *[1] * (values.dim() - 2), -1), fill)


def reflect(values: Tensor, lengths: Tensor | None, left: int, right: int, behind: int = 0) -> Tensor:
    """`values` (B, ..., T) extended by mirroring each item around its own first and last frame, (B, ..., l + T + r).

    Every item must be longer than either margin. Behind an item's right margin stand arbitrary finite values, and
    behind the longest item's another `behind` of them.
    """
    # Pieces side by side, and the margins of shorter items put over their padding: many times faster on a CPU than
    # torch's own padding, or than an index of every sample.
    before = values[..., 1 : left + 1].flip(-1)
    if lengths is None:
        after = values[..., values.shape[-1] - right - 1 : -1].flip(-1)
        return torch.cat([before, values, after, values.new_zeros(*values.shape[:-1], behind)], dim=-1)
    extended = torch.cat([before, values, values.new_zeros(*values.shape[:-1], right + behind)], dim=-1)
    end = lengths.to(values.device).view(-1, *[1] * (values.dim() - 1))
    step = torch.arange(right, device=values.device)
    shape = (*values.shape[:-1], right)
    mirrored = values.gather(-1, (end - 2 - step).expand(shape))
    return extended.scatter_(-1, (left + end + step).expand(shape), mirrored)


def frame_counts(values: Tensor, lengths: Tensor | None) -> Tensor | int:
    """How many frames of (B, ..., T) count: one number, or per item, shaped to divide a sum over time (B, ..., 1)."""
    if lengths is None:
        return values.shape[-1]
    return lengths.to(values).view(-1, *[1] * (values.dim() - 1))


def mean_over_time(values: Tensor, lengths: Tensor | None) -> Tensor:
    """Mean of each item's own frames: (B, ..., T) -> (B, ..., 1)."""
    return fill_padding(values, lengths).sum(-1, keepdim=True) / frame_counts(values, lengths)
