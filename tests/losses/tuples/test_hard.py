"""Hard tuples."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from voxmetric.losses.grouping import group
from voxmetric.losses.tuples.hard import Hard


def test_nearest_allowed_negative(frequencies: Callable[..., Tensor]) -> None:
    assert frequencies(Hard(), [0.2, 0.5, 0.3], [False, True, True])[2] == 1


def test_farthest_positive_or_every_one() -> None:
    groups = group(torch.tensor([4, 9, 4, 4, 8]))
    distances = torch.zeros(5, 5)
    distances[0, 2] = distances[2, 0] = 0.9
    distances[0, 3] = distances[3, 0] = 0.4
    distances[2, 3] = distances[3, 2] = 0.5
    anchors, positives = Hard().positive_pairs(distances, groups)
    assert list(zip(anchors.tolist(), positives.tolist(), strict=True)) == [(0, 2), (2, 0), (3, 2)]
    anchors, _ = Hard(hardest_positive=False).positive_pairs(distances, groups)
    assert len(anchors) == 6
