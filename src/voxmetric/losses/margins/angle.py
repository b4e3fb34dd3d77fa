"""Sine, angle and shifted cosine with bounded gradients, also at cosine +-1."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sine(cosines: Tensor) -> Tensor:
    """sin(arccos(c)) in [0, 1].

    Its slope -cos/sin is infinite at +-1; there (and beyond, by rounding) the value is 0 and the gradient is set
    to 0. The largest slope left is about 1 / sqrt(machine epsilon).
    """
    squares = (1 - cosines) * (1 + cosines)
    inside = squares > 0
    return torch.where(inside, torch.where(inside, squares, 1).sqrt(), 0)


def angle(cosines: Tensor) -> Tensor:
    """arccos(c) in [0, pi]; the gradient is 0 at +-1."""
    return torch.atan2(sine(cosines), cosines)


def shifted(cosines: Tensor, margin: float | Tensor) -> Tensor:
    """cos(arccos(c) + m), by the addition theorem, as it stands: it rises again beyond pi - m."""
    if isinstance(margin, Tensor):
        return cosines * margin.cos() - sine(cosines) * margin.sin()
    return cosines * math.cos(margin) - sine(cosines) * math.sin(margin)


def shifted_monotone(cosines: Tensor, margin: float | Tensor) -> Tensor:
    """cos(theta + m) up to theta = pi - m, and cos(theta) - m sin(m) beyond, so that it keeps falling.

    The two pieces are those of the reference code of ArcFace; there is a small step between them.
    """
    margins = torch.as_tensor(margin, dtype=cosines.dtype, device=cosines.device)
    beyond = cosines <= -margins.cos()
    return torch.where(beyond, cosines - margins * margins.sin(), shifted(cosines, margin))
