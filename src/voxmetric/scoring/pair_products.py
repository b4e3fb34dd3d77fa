"""Inner products of many pairs of rows, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 2**24
"""Cells of the largest work array: 64 MiB of float32."""

GATHERING_COST = 16
"""What one product of two gathered rows costs, in products inside a matrix product of the same rows (measured)."""


def pair_products(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    first: NDArray[np.integer],
    second: NDArray[np.integer],
) -> NDArray[np.float32]:
    """Inner product of a row of `left` and a row of `right` for each of T pairs.

    Dense lists, in which each row meets a good part of the others, are looked up in blocks of the matrix of all
    products; sparse ones multiply gathered rows.

    Args:
        left: (M, D).
        right: (N, D).
        first: (T,) row numbers of `left`.
        second: (T,) row numbers of `right`.

    Returns:
        (T,) float32.
    """
    left_used = np.bincount(first, minlength=len(left)) > 0
    right_used = np.bincount(second, minlength=len(right)) > 0
    if np.count_nonzero(left_used) * np.count_nonzero(right_used) > GATHERING_COST * len(first):
        return _from_gathered_rows(left, right, first, second)
    left_place, right_place = (np.cumsum(used, dtype=np.int32) - 1 for used in (left_used, right_used))
    return _from_blocks(_rows(left, left_used), _rows(right, right_used), left_place[first], right_place[second])


def _rows(rows: NDArray[np.float32], used: NDArray[np.bool_]) -> NDArray[np.float32]:
    return rows if used.all() else rows[used]


def _from_blocks(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    left_place: NDArray[np.integer],
    right_place: NDArray[np.integer],
) -> NDArray[np.float32]:
    scores = np.empty(len(left_place), dtype=np.float32)
    height = max(1, BLOCK_CELLS // len(right))
    # Trials in the order of their block; within 16 bits numpy sorts by counting, in linear time.
    block = (left_place // height).astype(np.uint16 if len(left) // height < 2**16 else np.int64)
    order = np.argsort(block, kind="stable")
    ends = np.cumsum(np.bincount(block))
    for number, (start, end) in enumerate(zip(np.append(0, ends), ends, strict=False)):
        chosen = order[start:end]
        products = left[number * height : (number + 1) * height] @ right.T
        scores[chosen] = products[left_place[chosen] - number * height, right_place[chosen]]
    return scores


def _from_gathered_rows(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    first: NDArray[np.integer],
    second: NDArray[np.integer],
) -> NDArray[np.float32]:
    scores = np.empty(len(first), dtype=np.float32)
    chunk = max(1, BLOCK_CELLS // (16 * left.shape[1]))
    for start in range(0, len(first), chunk):
        part = slice(start, start + chunk)
        np.einsum("td,td->t", left[first[part]], right[second[part]], out=scores[part])
    return scores
