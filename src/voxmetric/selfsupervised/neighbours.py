"""The nearest of very many vectors by cosine, without the matrix of all cosines."""

from __future__ import annotations

import torch
from torch import Tensor

from voxmetric.losses.directions import unit

BLOCK_ELEMENTS = 2**24
"""Cosines held at once, 64 MB."""


@torch.no_grad()
def nearest_others(own: Tensor, points: Tensor, count: int, known: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest of `points` to some of them, themselves left out.

    Args:
        own: (Q,) int64, numbers in [0, N) of the points that ask.
        points: (N, D) in any floating-point type; their lengths do not matter.
        count: k, at least 1.
        known: (N,) bool, which points may be found.

    Returns:
        Numbers (Q, k) int64 of the nearest points, nearest first, and whether there is one, (Q, k) bool: of fewer than
        k other points the rest is not.
    """
    precision = torch.promote_types(points.dtype, torch.float32)
    queries = unit(points[own].to(precision))[0]
    best = queries.new_full((len(own), count), -torch.inf)
    found = torch.zeros(len(own), count, dtype=torch.int64, device=points.device)
    size = max(count, BLOCK_ELEMENTS // max(1, len(own)))
    for start in range(0, len(points), size):
        numbers = torch.arange(start, min(start + size, len(points)), device=points.device)
        cosines = queries @ unit(points[numbers].to(precision))[0].T
        cosines.masked_fill_(~known[numbers] | (own.unsqueeze(1) == numbers), -torch.inf)
        values, places = cosines.topk(min(count, len(numbers)), dim=1)
        best, order = torch.cat([best, values], 1).topk(count, dim=1)
        found = torch.cat([found, numbers[places]], 1).gather(1, order)
    return found, best > -torch.inf
