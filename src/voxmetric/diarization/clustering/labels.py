"""Cluster labels: checked, counted, and numbered in order of appearance."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Labels: TypeAlias = NDArray[np.int64]


def in_order_of_appearance(labels: ArrayLike) -> Labels:
    """Labels (N,) renumbered without gaps: 0 for the cluster of the first point, 1 for the next new one, ..."""
    _, first, numbers = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    ranks = np.empty(len(first), dtype=np.int64)
    ranks[np.argsort(first)] = np.arange(len(first))
    renumbered: Labels = ranks[numbers]
    return renumbered


def check_clustering(labels: ArrayLike, num_points: int) -> Labels:
    """Labels of a clustering that is neither one cluster nor every point alone, numbered in order of appearance.

    Args:
        labels: (N,) of any type that can be compared.
        num_points: N.

    Raises:
        InputError: for another shape, or one cluster or N of them, for which measures of quality are not defined.
    """
    values = np.asarray(labels)
    if values.shape != (num_points,):
        raise InputError(f"expected a label for each of {num_points} points, found shape {values.shape}")
    numbers = in_order_of_appearance(values)
    clusters = int(numbers.max(initial=-1)) + 1
    if not 1 < clusters < num_points:
        raise InputError(
            f"the quality of a clustering is defined for 2 to N - 1 clusters of N points, found {clusters} of "
            f"{num_points}; decide by other means whether there is one"
        )
    return numbers
