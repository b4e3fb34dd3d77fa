"""Cosine scores of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.pair_products import pair_products

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList


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
    """Cosine of two rows for each of T pairs, in bounded memory; see `pair_products`.

    Args:
        units: (N, D) rows of unit length.
        first: (T,) row numbers.
        second: (T,) row numbers.
    """
    scores = pair_products(units, units, first, second)
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
