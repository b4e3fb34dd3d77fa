"""How much an approximate search misses, measured against the exact one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voxmetric.identification.people_matrix import Hits, PeopleMatrix
from voxmetric.identification.stores.store import Vectors

QUERIES = 200
TOP = 5


@dataclass(frozen=True)
class Recall:
    """What was measured.

    Attributes:
        people: S, how many can be found.
        queries: how many searches.
        at_1: share of them that found the nearest person.
        at_5: share of the five nearest people that they found.
    """

    people: int
    queries: int
    at_1: float
    at_5: float


def measure_recall(matrix: PeopleMatrix, search: Callable[[Vectors, int], Hits]) -> Recall:
    """Search for voices of which each is mixed from those of two people, in the proportion 10 to 9.

    Their cosine with the first is about 0.74, as of another recording of that person, and they lie where voices do;
    the four next are as hard to find as they are to tell apart.

    Args:
        matrix: everybody, one row each.
        search: the approximate search, from queries (Q, D) and how many people to find.
    """
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, len(matrix.rows), (2, QUERIES))
    queries = matrix.rows[pairs[0]] + np.float32(0.9) * matrix.rows[pairs[1]]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    exact, found = matrix.nearest(queries, TOP), search(queries, TOP)
    both = list(zip(exact, found, strict=True))
    return Recall(
        people=len(matrix.rows),
        queries=QUERIES,
        at_1=float(np.mean([np.isin(best[:1], people).all() for (best, _), (people, _) in both])),
        at_5=float(np.mean(np.concatenate([np.isin(best, people) for (best, _), (people, _) in both]))),
    )
