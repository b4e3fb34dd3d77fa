"""Scores of trials by a back-end, of models with several recordings, normalised by a cohort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.backends.backend import BackEnd, Vectors, row_lengths
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.enrolments import Enrolments
from voxmetric.scoring.normalization import Statistics, cohort_statistics, normalize_scores

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList

UTTERANCES_AT_ONCE = 2**14
"""Of how many the sides are made at once: what a back-end needs for that is soon larger than the sides."""


@dataclass(frozen=True)
class Normalization:
    """What scores are normalised by.

    Attributes:
        kind: a key of `normalization.NORMALIZATIONS`.
        cohort: (C, D) embeddings of speakers that are not evaluated, or (C, K, D) of crops.
        top: how many of the highest cohort scores count; None: all.
        unbiased: of the standard deviations, as `cohort_statistics`.
    """

    kind: str
    cohort: Vectors
    top: int | None = None
    unbiased: bool = False


@dataclass(frozen=True)
class TrialScorer:
    """Scores trial lists, in memory that does not depend on the number of trials times anything.

    Attributes:
        embeddings: of all recordings that are scored.
        backend: what scores them.
        enrolments: models that trials may name on their enrolment side.
        normalization: applied to all scores, if any.
        description: of all that, for reports.
    """

    embeddings: EmbeddingSet
    backend: BackEnd
    enrolments: Enrolments = field(default_factory=lambda: Enrolments({}))
    normalization: Normalization | None = None
    description: str = "cosine"

    def __call__(self, trials: TrialList) -> NDArray[np.float32]:
        """Scores (T,), higher meaning more alike.

        Raises:
            InputError: for ids without an embedding, embeddings that are zero or not finite, crops where the back-end
                takes none or the other way round, or a cohort that cannot be used.
        """
        if self.backend.takes_crops != (self.embeddings.vectors.ndim == 3):
            wanted, found = ("crops", "whole recordings")[:: 1 if self.backend.takes_crops else -1]
            raise InputError(f"the back-end takes embeddings of {wanted}, found ones of {found}")
        names = trials.ids
        first, second = trials.indices(names)
        enrolled, tested = (np.bincount(side, minlength=len(names)) > 0 for side in (first, second))
        scores = self.backend.pairs(
            self._enrol(names[enrolled]),
            self._in_blocks(names[tested], self.backend.test),
            (np.cumsum(enrolled) - 1)[first],
            (np.cumsum(tested) - 1)[second],
        )
        if self.normalization is None:
            return scores
        return normalize_scores(
            scores, self.normalization.kind, self._statistics(self.normalization, names), first, second
        )

    def _statistics(self, normalization: Normalization, names: NDArray[np.object_]) -> Statistics:
        """Each name is compared with the cohort once, on whichever side it stands: scores are symmetric."""
        cohort = self.backend.test(normalization.cohort)
        parts = [
            cohort_statistics(
                self.backend,
                self._enrol(names[start : start + UTTERANCES_AT_ONCE]),
                cohort,
                top=normalization.top,
                unbiased=normalization.unbiased,
            )
            for start in range(0, len(names), UTTERANCES_AT_ONCE)
        ]
        means, deviations = ([getattr(part, name) for part in parts] for name in ("means", "deviations"))
        return Statistics(np.concatenate(means), np.concatenate(deviations))

    def _enrol(self, names: NDArray[np.object_]) -> Vectors:
        recordings, owners = self.enrolments.of(names)
        if len(recordings) > len(names):
            return self.backend.enrol(self._vectors(recordings), owners, len(names))
        return self._in_blocks(
            recordings, lambda vectors: self.backend.enrol(vectors, np.arange(len(vectors)), len(vectors))
        )

    def _in_blocks(self, names: NDArray[np.object_], make: Callable[[Vectors], Vectors]) -> Vectors:
        """The side that `make` makes of the embeddings of recordings."""
        first = make(self._vectors(names[:UTTERANCES_AT_ONCE]))
        if len(first) == len(names):
            return first
        side = np.empty((len(names), *first.shape[1:]), dtype=np.float32)
        side[: len(first)] = first
        for start in range(len(first), len(names), UTTERANCES_AT_ONCE):
            part = slice(start, start + UTTERANCES_AT_ONCE)
            side[part] = make(self._vectors(names[part]))
        return side

    def _vectors(self, names: NDArray[np.object_]) -> Vectors:
        vectors: Vectors = self.embeddings.vectors[self.embeddings.rows(names)]
        check_vectors(vectors, names)
        return vectors


def check_vectors(vectors: Vectors, names: NDArray[np.object_]) -> None:
    """Refuse embeddings without a direction.

    Raises:
        InputError: naming the first of `names` (N,) whose embedding, or that of a crop, is zero or not finite.
    """
    lengths = row_lengths(vectors).reshape(len(vectors), -1)
    bad = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0.0)).all(axis=1))
    if len(bad):
        raise InputError(
            f"{len(bad)} of {len(vectors)} embeddings are zero or not finite, the first is that of "
            f"{str(names[bad[0]])!r}; look for an empty or silent recording"
        )
