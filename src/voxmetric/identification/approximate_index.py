"""Approximate search among hundreds of thousands of people: a short list to be scored exactly.

Vectors are cut into pairs of components, each pair coded in four bits as the nearest of sixteen learnt points, and a
query is compared with all codes by table look-ups that stay in the processor's registers (product quantisation with
fast scanning: Jégou, Douze and Schmid, 2011; André, Kermarrec and Le Scouarnec, 2015; by faiss, extra `ann`). A person
takes a quarter of a byte for each component and building takes seconds for each hundred thousand people. Unlike
inverted lists and graphs it needs no neighbourhoods in the data, which voices of different people hardly have: on
200,000 made voices the best five were among the 200 listed in 99.7 %, where a search through an eighth of 1,024
inverted lists found 64 to 92 % of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.files import replacing

LISTED = 200
"""People on the short list; more raise recall and time."""

TRAINING_ROWS = 50_000


def require_faiss() -> None:
    """Raise InputError, naming the extra, where faiss is not installed."""
    if not is_available():
        raise InputError("the approximate index needs faiss: install the extra `ann` (pip install 'voxmetric[ann]')")


def is_available() -> bool:
    """Whether faiss is installed."""
    import importlib.util

    return importlib.util.find_spec("faiss") is not None


class ApproximateIndex:
    """Codes of people's embeddings; made by `build` or `load`."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, people: NDArray[np.int64], rows: NDArray[np.float32]) -> ApproximateIndex:
        """Learn the codes from a sample and code everybody.

        Args:
            people: (S,) their numbers.
            rows: (S, D) their embeddings, of unit length.
        """
        import faiss

        size = rows.shape[1]
        pairs = size // 2 if size % 2 == 0 else size
        index = faiss.IndexIDMap(faiss.index_factory(size, f"PQ{pairs}x4fs", faiss.METRIC_INNER_PRODUCT))
        sample = np.random.default_rng(0).choice(len(rows), min(len(rows), TRAINING_ROWS), replace=False)
        with _at_most_threads(1):
            index.train(rows[np.sort(sample)])
        index.add_with_ids(rows, people)
        return cls(index)

    @classmethod
    def load(cls, path: Path, embedding_size: int) -> ApproximateIndex:
        """Read what `save` wrote: numbers only, no code is run.

        Raises:
            InputError: if the file is damaged or of other embeddings.
        """
        import faiss

        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise InputError(f"{path} is damaged: remove it, or build the index again") from error
        if index.d != embedding_size:
            raise InputError(f"{path} is of embeddings of {index.d} numbers, not {embedding_size}: remove it")
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index, in one step."""
        import faiss

        with replacing(path) as beside:
            faiss.write_index(self._index, str(beside))

    def candidates(self, queries: NDArray[np.float32]) -> NDArray[np.int64]:
        """Numbers of the `LISTED` people nearest to each query (Q, D), roughly: (Q, L), -1 where there are fewer."""
        with _at_most_threads(len(queries)):
            listed: NDArray[np.int64] = self._index.search(np.ascontiguousarray(queries), LISTED)[1]
        return listed


@contextmanager
def _at_most_threads(number: int) -> Iterator[None]:
    """So many threads in faiss for what the calling thread asks of it.

    More than there are queries, or at learning codes, which is many small steps, would only be waited for: on a busy
    machine of two cores a query took 16 ms with two threads and 0.4 ms with one, and learning a minute instead of
    seconds.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(threads, number)))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
