"""Cosine scores of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList

BLOCK_CELLS = 2**24
"""Cells of the largest work array: 64 MiB of float32."""

GATHERING_COST = 16
"""What one product of two gathered rows costs, in products inside a matrix product of the same rows (measured)."""


def score_trials(embeddings: EmbeddingSet, trials: TrialList) -> NDArray[np.float32]:
    """Cosine of the two embeddings of each trial.

    Args:
        embeddings: of at least the utterances of the trials; they need not be of unit length.
        trials: T pairs of ids.

    Returns:
        (T,) float32 in [-1, 1], higher meaning more alike.

    Raises:
        InputError: for trial ids without an embedding, or an embedding that is zero or not finite.
    """
    enrol, test = trials.indices(embeddings.ids)
    return cosine_of_rows(_unit_rows(embeddings), enrol, test)


def cosine_of_rows(
    units: NDArray[np.float32], first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Inner product of two rows for each of T pairs, in bounded memory.

    Dense lists, in which each row meets a good part of the others, are looked up in blocks of the matrix of all
    products; sparse ones multiply gathered rows.

    Args:
        units: (N, D) rows of unit length.
        first: (T,) row numbers.
        second: (T,) row numbers.
    """
    first_used = np.bincount(first, minlength=len(units)) > 0
    second_used = np.bincount(second, minlength=len(units)) > 0
    if np.count_nonzero(first_used) * np.count_nonzero(second_used) > GATHERING_COST * len(first):
        return _from_gathered_rows(units, first, second)
    first_place, second_place = (np.cumsum(used, dtype=np.int32) - 1 for used in (first_used, second_used))
    return _from_blocks(units[first_used], units[second_used], first_place[first], second_place[second])


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
    return np.clip(scores, -1.0, 1.0, out=scores)


def _from_gathered_rows(
    units: NDArray[np.float32], first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.float32]:
    scores = np.empty(len(first), dtype=np.float32)
    chunk = max(1, BLOCK_CELLS // (16 * units.shape[1]))
    for start in range(0, len(first), chunk):
        part = slice(start, start + chunk)
        np.einsum("td,td->t", units[first[part]], units[second[part]], out=scores[part])
    return np.clip(scores, -1.0, 1.0, out=scores)


def _unit_rows(embeddings: EmbeddingSet) -> NDArray[np.float32]:
    lengths = np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > 0.0)))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(embeddings)} embeddings are zero or not finite, the first is that of "
            f"{str(embeddings.ids[bad[0]])!r}; look for an empty or silent recording"
        )
    units: NDArray[np.float32] = embeddings.vectors / lengths
    return units
