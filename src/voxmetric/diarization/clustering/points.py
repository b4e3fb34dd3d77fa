"""Embeddings to be clustered, checked and brought to one type."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Points: TypeAlias = NDArray[np.float32]

LARGEST_COUNTED = 4000
"""Points that k-means looks at to count; of more, an even selection, so that counting takes no longer than this."""


def check_points(embeddings: ArrayLike) -> Points:
    """Embeddings (N, D) as float32.

    Raises:
        InputError: for another shape, no embedding, or one that is zero or not finite.
    """
    points = np.asarray(embeddings)
    if points.ndim != 2 or 0 in points.shape or points.dtype.kind not in "fiu":
        raise InputError(
            f"expected embeddings (N, D) of at least one window, found {points.dtype} of shape {points.shape}; "
            "give one row of numbers for each window"
        )
    points = np.ascontiguousarray(points, dtype=np.float32)
    lengths = np.linalg.norm(points, axis=1)
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0.0)))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(points)} embeddings are zero or not finite, the first is row {bad[0]}; "
            "leave out empty or silent windows"
        )
    return points


def unit_rows(points: Points) -> Points:
    """The rows (N, D) scaled to unit length."""
    units: Points = points / np.linalg.norm(points, axis=1, keepdims=True)
    return units


def evenly_chosen(points: Points, most: int) -> Points:
    """At most `most` of the rows (N, D), evenly from first to last; all of them where there are no more."""
    if len(points) <= most:
        return points
    return points[np.linspace(0, len(points) - 1, most).round().astype(np.int64)]
