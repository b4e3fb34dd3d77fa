"""Score normalisation by a cohort of other speakers: Z-, T-, S- and adaptive S-norm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError, unknown_name
from voxmetric.scoring import pair_products
from voxmetric.scoring.backends.backend import BackEnd, Indices, Vectors, mean_of_models, unit

NORMALIZATIONS = {
    "z_norm": "by the scores of the enrolment side with the cohort (Li and Porter, 1988)",
    "t_norm": "by the scores of the test side with the cohort (Auckenthaler et al., 2000)",
    "s_norm": "the mean of z_norm and t_norm (Kenny, 2010)",
    "as_norm": "the same, by the `top` highest cohort scores of each side (Matejka et al., 2017)",
}
ADAPTIVE = "as_norm"


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of the cohort scores of N models or recordings.

    Attributes:
        means: (N,) float64.
        deviations: (N,) float64, above zero.
    """

    means: NDArray[np.float64]
    deviations: NDArray[np.float64]


def cohort_statistics(
    backend: BackEnd, enrol: Vectors, cohort: Vectors, *, top: int | None = None, unbiased: bool = False
) -> Statistics:
    """Statistics of the scores of each model with the cohort, in blocks of bounded memory.

    Args:
        backend: scores them.
        enrol: enrolment side (N, ...) of that back-end.
        cohort: test side (C, ...) of that back-end.
        top: how many of the highest scores count; None: all.
        unbiased: divide squared differences by one less than their number. Population deviations (the default) and
            these differ by a factor that is the same for all trials.

    Raises:
        InputError: for a cohort of fewer than two, a `top` that is not from 2 to C, or scores that do not vary.
    """
    most = len(cohort)
    if most < 2 or (top is not None and not 2 <= top <= most):
        raise InputError(
            f"expected a cohort of at least 2 and the highest 2 to {most} of its scores, found a cohort of {most} and "
            f"the highest {'all' if top is None else top}"
        )
    means, deviations = np.empty(len(enrol)), np.empty(len(enrol))
    height = max(1, pair_products.BLOCK_CELLS // most)
    for start in range(0, len(enrol), height):
        part = slice(start, start + height)
        scores = backend.matrix(enrol[part], cohort)
        if top is not None and top < most:
            scores.partition(most - top, axis=1)
            scores = scores[:, most - top :]
        means[part] = scores.mean(axis=1, dtype=np.float64)
        scores -= means[part, None].astype(np.float32)  # in place: no second block
        # The mean was rounded: its error is taken out of the squares.
        squares = np.einsum("nc,nc->n", scores, scores, dtype=np.float64)
        squares -= scores.sum(axis=1, dtype=np.float64) ** 2 / scores.shape[1]
        deviations[part] = np.sqrt(np.maximum(squares, 0.0) / (scores.shape[1] - unbiased))
    if not (deviations > 0.0).all():
        raise InputError("the cohort's scores do not vary: choose a cohort of different speakers")
    return Statistics(means, deviations)


def normalize_scores(
    scores: NDArray[np.floating],
    kind: str,
    statistics: Statistics,
    first: Indices,
    second: Indices,
) -> NDArray[np.float32]:
    """Scores (T,) less the mean of the cohort scores of a side, over their standard deviation; means of both sides.

    Args:
        scores: (T,).
        kind: a key of `NORMALIZATIONS`.
        statistics: of N models and recordings.
        first: (T,) enrolment side of each trial, among the N.
        second: (T,) test side of each trial, among the N.

    Raises:
        InputError: for an unknown kind.
    """
    if kind not in NORMALIZATIONS:
        raise unknown_name("normalisation", kind, NORMALIZATIONS)
    sides = {"z_norm": (first,), "t_norm": (second,)}.get(kind, (first, second))
    means, scales = statistics.means.astype(np.float32), (1.0 / statistics.deviations).astype(np.float32)
    normalized = np.zeros(len(scores), dtype=np.float32)
    for side in sides:
        normalized += (scores - means[side]) * scales[side]
    normalized /= len(sides)
    return normalized


def speaker_means(vectors: Vectors, labels: NDArray[np.integer]) -> Vectors:
    """The mean direction (S, D) of each speaker's embeddings (N, D): a cohort with one member a speaker.

    Args:
        vectors: (N, D).
        labels: (N,) the speaker of each.
    """
    _, speakers = np.unique(labels, return_inverse=True)
    order = np.argsort(speakers, kind="stable")
    return unit(mean_of_models(unit(vectors[order]), speakers[order], int(speakers.max()) + 1))
