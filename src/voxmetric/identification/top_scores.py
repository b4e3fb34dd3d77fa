"""Exact search: the rows of highest inner product, by blocks of one matrix product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_CELLS = 2**25
"""Cells of the largest array of scores: 128 MiB."""

_GROUP = 256


def best_rows(
    queries: NDArray[np.float32], rows: NDArray[np.float32], top: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each query the `top` rows of highest inner product.

    Args:
        queries: (Q, D).
        rows: (R, D).
        top: K, at most R.

    Returns:
        row numbers (Q, K) and their inner products (Q, K), best first.
    """
    found = np.empty((len(queries), top), dtype=np.int64)
    scores = np.empty((len(queries), top), dtype=np.float32)
    height = max(1, BLOCK_CELLS // max(1, len(rows)))
    for first in range(0, len(queries), height):
        block = slice(first, first + height)
        products = queries[block] @ rows.T
        found[block] = largest(products, top)
        scores[block] = np.take_along_axis(products, found[block], axis=1)
    return found, scores


def largest(scores: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    """Places (Q, K) of the `top` largest of each row (Q, S), in falling order.

    The K largest lie in the K groups of columns that have the largest maxima, so one pass finds the maxima and only
    those groups are looked at: partitioning a million scores would take as long as computing them.
    """
    num_queries, width = scores.shape
    whole = width // _GROUP
    if whole <= top:
        return _partitioned(scores, top)
    maxima = scores[:, : whole * _GROUP].reshape(num_queries, whole, _GROUP).max(axis=2)
    groups = np.argpartition(maxima, whole - top, axis=1)[:, whole - top :]
    within = (groups[:, :, None] * _GROUP + np.arange(_GROUP)).reshape(num_queries, -1)
    rest = np.broadcast_to(np.arange(whole * _GROUP, width), (num_queries, width - whole * _GROUP))
    places = np.concatenate([within, rest], axis=1)
    chosen = _partitioned(np.take_along_axis(scores, places, axis=1), top)
    found: NDArray[np.int64] = np.take_along_axis(places, chosen, axis=1)
    return found


def _partitioned(scores: NDArray[np.float32], top: int) -> NDArray[np.int64]:
    width = scores.shape[1]
    if top < width:
        chosen = np.argpartition(scores, width - top, axis=1)[:, width - top :]
    else:
        chosen = np.broadcast_to(np.arange(width), scores.shape)
    order = np.argsort(-np.take_along_axis(scores, chosen, axis=1), axis=1, kind="stable")
    sorted_places: NDArray[np.int64] = np.take_along_axis(chosen, order, axis=1)
    return sorted_places
