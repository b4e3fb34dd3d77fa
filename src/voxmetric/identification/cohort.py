"""A cohort: recordings of people who are not enrolled, kept with a gallery to tell strangers by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.stores.store import Vectors
from voxmetric.scoring.backends.cosine import Cosine
from voxmetric.scoring.normalization import ADAPTIVE, Statistics, cohort_statistics, normalize_scores

HIGHEST_SHARE, MOST_HIGHEST = 0.3, 300
"""Cohort scores that count in adaptive normalisation: so many of a hundred, but no more than so many."""

PARTS = 10
"""A cohort recording is compared with the cohort but for a tenth of its speakers, its own among them."""


@dataclass(frozen=True)
class Cohort:
    """Recordings of strangers.

    Attributes:
        speakers: (R,) whose they are.
        vectors: (R, D) their embeddings, of unit length.
    """

    speakers: NDArray[np.object_]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.speakers)

    @cached_property
    def num_speakers(self) -> int:
        """How many people they are of."""
        return len(set(self.speakers.tolist()))

    def normalize(self, scores: NDArray[np.floating], people: Vectors, queries: Vectors) -> NDArray[np.float64]:
        """Adaptive S-norm of scores (Q,) between people (Q, D) and queries (Q, D), all of unit length.

        Each person and each query is compared with the cohort, in blocks of bounded memory; see
        `scoring.normalization`.

        Raises:
            InputError: for a cohort of fewer than two recordings, or one whose scores do not vary.
        """
        highest = min(len(self), MOST_HIGHEST, max(2, round(HIGHEST_SHARE * len(self))))
        distinct, places = np.unique(people, axis=0, return_inverse=True)
        of_people = cohort_statistics(Cosine(), distinct, self.vectors, top=highest)
        of_queries = cohort_statistics(Cosine(), queries, self.vectors, top=highest)
        both = Statistics(
            np.concatenate([of_people.means, of_queries.means]),
            np.concatenate([of_people.deviations, of_queries.deviations]),
        )
        second = len(distinct) + np.arange(len(queries))
        return normalize_scores(scores, ADAPTIVE, both, places.ravel(), second).astype(np.float64)

    def normalize_own(self, scores: NDArray[np.floating], people: Vectors) -> NDArray[np.float64]:
        """The same for scores (R,) of the cohort's own recordings, as of strangers: by other cohort speakers only.

        Raises:
            InputError: as `normalize`, or for fewer than two speakers.
        """
        if self.num_speakers < 2:
            raise InputError(f"expected a cohort of at least 2 speakers to normalise by, found {self.num_speakers}")
        part = np.unique(self.speakers.astype(np.str_), return_inverse=True)[1] % PARTS
        normalized = np.empty(len(self))
        for number in range(min(PARTS, self.num_speakers)):
            own = part == number
            others = Cohort(self.speakers[~own], self.vectors[~own])
            normalized[own] = others.normalize(scores[own], people[own], self.vectors[own])
        return normalized
