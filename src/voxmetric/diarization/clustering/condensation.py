"""Many points as a few thousand means of alike ones, so that costs quadratic in the points stay bounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.points import Points, unit_rows
from voxmetric.selfsupervised.spherical_k_means import spherical_k_means

BLOCK_POINTS = 2000
"""Points condensed together; those of a block follow each other in time, so they are of few speakers."""


@dataclass(frozen=True, eq=False)
class Condensed:
    """Points and the groups that stand for them.

    Attributes:
        means: (M, D) float32, the mean of the unit rows of each group. Inner products of these are mean cosines
            between the members of two groups, so that distances mean the same as between points.
        group: (N,) of each point.
    """

    means: Points
    group: Labels

    def spread(self, labels: Labels) -> Labels:
        """Labels (M,) of the groups as labels (N,) of the points."""
        spread: Labels = labels[self.group]
        return spread


def condense(points: Points, most: int, seed: int = 0) -> Condensed:
    """At most `most` means of groups of alike points; the unit rows themselves where there are no more of them.

    Blocks of consecutive points are each grouped by spherical k-means: O(N D most / blocks), linear memory.

    Args:
        points: (N, D).
        most: groups, at least the number of blocks of `BLOCK_POINTS`; each block takes an equal share.
        seed: of k-means.
    """
    units = unit_rows(points)
    if len(units) <= most:
        return Condensed(units, np.arange(len(units)))
    num_blocks = -(-len(units) // BLOCK_POINTS)
    groups = max(1, most // num_blocks)
    generator = torch.Generator().manual_seed(seed)
    numbers = [
        spherical_k_means(torch.from_numpy(block), min(groups, len(block)), generator)[1].numpy() + number * groups
        for number, block in enumerate(np.array_split(units, num_blocks))
    ]
    group = np.unique(np.concatenate(numbers), return_inverse=True)[1]
    sums = np.zeros((int(group.max()) + 1, units.shape[1]), dtype=np.float32)
    np.add.at(sums, group, units)
    means = np.asarray(sums / np.bincount(group)[:, None], dtype=np.float32)
    return Condensed(means, group)
