"""The embeddings of a gallery in memory, as one matrix that follows changes without being built anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.stores.store import Pooling, Vectors
from voxmetric.identification.top_scores import best_rows

Numbers = NDArray[np.int64]
Hits = list[tuple[Numbers, Vectors]]
"""For each query the numbers (K,) of people and their scores (K,), best first."""


class PeopleMatrix:
    """Rows of unit length with the number of the person each is of: one a person (`mean`) or one a recording (`max`).

    Args:
        embedding_size: D.
        pooling: `mean` keeps the mean of a person's embeddings, scaled to unit length; `max` keeps all.
    """

    def __init__(self, embedding_size: int, pooling: Pooling) -> None:
        if pooling not in ("mean", "max"):
            raise InputError(f"expected the pooling 'mean' or 'max', found {pooling!r}")
        self._pooling = pooling
        self._size = 0
        self._rows: Vectors = np.empty((0, embedding_size), dtype=np.float32)
        self._people: Numbers = np.empty(0, dtype=np.int64)
        self._most = 1

    @property
    def rows(self) -> Vectors:
        """(R, D)."""
        return self._rows[: self._size]

    @property
    def people(self) -> Numbers:
        """(R,) whose row it is."""
        return self._people[: self._size]

    def expect(self, rows: int) -> None:
        """Make room for so many more rows at once, where it is known how many will come."""
        self._reserve(self._size + rows)

    def put(self, people: Numbers, vectors: Vectors) -> None:
        """Add N embeddings (N, D) of people who have none here yet; a person's embeddings follow one another."""
        starts = np.flatnonzero(np.append(True, people[1:] != people[:-1]))
        if self._pooling == "mean":
            alone = len(starts) == len(people)  # one recording each needs no sums
            people, sums = people[starts], vectors if alone else np.add.reduceat(vectors, starts, axis=0)
            lengths = np.linalg.norm(sums, axis=1, keepdims=True)
            lengths[lengths == 0.0] = 1.0  # opposite embeddings have no mean direction
            vectors = sums / lengths
        else:
            self._most = max(self._most, int(np.diff(np.append(starts, len(people))).max(initial=1)))
        self._reserve(self._size + len(people))
        self._rows[self._size : self._size + len(people)] = vectors
        self._people[self._size : self._size + len(people)] = people
        self._size += len(people)

    def discard(self, people: Numbers) -> None:
        """Forget people; the last rows move to the places that become free."""
        gone = np.flatnonzero(np.isin(self.people, people))
        if not len(gone):
            return
        left = self._size - len(gone)
        free = gone[gone < left]
        moved = np.setdiff1d(np.arange(left, self._size), gone, assume_unique=True)
        self._rows[free], self._people[free] = self._rows[moved], self._people[moved]
        self._size = left

    def nearest(self, queries: Vectors, top: int) -> Hits:
        """Exact search among everybody for each of Q queries (Q, D)."""
        # A person has at most `_most` rows, so that many times as many rows hold enough different people.
        rows, scores = best_rows(queries, self.rows, min(self._size, top * self._most))
        return [self._distinct(*hit, top) for hit in zip(rows, scores, strict=True)]

    def _distinct(self, rows: Numbers, scores: Vectors, top: int) -> tuple[Numbers, Vectors]:
        people = self._people[rows]
        first = np.sort(np.unique(people, return_index=True)[1])[:top]
        return people[first], scores[first]

    def _reserve(self, size: int) -> None:
        if size <= len(self._rows):
            return
        capacity = max(size, len(self._rows) + len(self._rows) // 2)
        rows = np.empty((capacity, self._rows.shape[1]), dtype=np.float32)
        people = np.empty(capacity, dtype=np.int64)
        rows[: self._size], people[: self._size] = self.rows, self.people
        self._rows, self._people = rows, people
