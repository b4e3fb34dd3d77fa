"""Searching a gallery in a folder: everybody in memory, or the short list of an approximate index.

What is in memory follows the file: people carry the revision that changed them last, and a search first reads those
changed since the one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.approximate_index import LISTED, ApproximateIndex, is_available, require_faiss
from voxmetric.identification.people_matrix import Hits, PeopleMatrix
from voxmetric.identification.recall import Recall, measure_recall
from voxmetric.identification.stores.sqlite_file import SqliteFile
from voxmetric.identification.stores.store import Pooling, Ranking, Vectors

LOADED_ROWS = 10_000


class SqliteSearch:
    """Nearest people of the gallery in `file`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._matrices: dict[tuple[Pooling, int], tuple[int, PeopleMatrix]] = {}
        self._loaded_index: tuple[int, ApproximateIndex] | None = None

    def nearest(self, queries: Vectors, top: int, pooling: Pooling) -> list[Ranking]:
        """See `GalleryStore.nearest`."""
        with self._file.transaction():
            return self._named(self._hits(queries, top, pooling))

    def build_index(self) -> Recall:
        """Write the index beside the file, in the place of older ones; see `Gallery.build_index`."""
        require_faiss()
        with self._file.transaction():
            matrix = self._matrix("mean", 0)
            del self._matrices["mean", 0]  # too large to keep: with an index the next searches do without
            token, revision = self._file.row("SELECT token, revision FROM gallery")
        if not len(matrix.people):
            raise InputError(f"there is nobody to index in {self._file.folder}")
        if len(matrix.people) <= LISTED:
            raise InputError(
                f"expected more than the {LISTED} people that an index lists, found {len(matrix.people)} in "
                f"{self._file.folder}: searching them needs no index"
            )
        path = self._file.folder / f"approximate-{token}-{revision}.faiss"
        ApproximateIndex.build(matrix.people, matrix.rows).save(path)
        for file in self._file.folder.glob("approximate-*.faiss"):
            if file != path:
                file.unlink(missing_ok=True)
        with self._file.transaction():
            return measure_recall(matrix, lambda queries, top: self._hits(queries, top, "mean"))

    def _hits(self, queries: Vectors, top: int, pooling: Pooling) -> Hits:
        """The nearest people, within a transaction: everybody is looked at, or with an index a short list.

        What the index does not know because it has changed since is searched exactly besides, and the scores of those
        listed are of their embeddings as they are now: an old index costs time, and no wrong answer.
        """
        revision, index = self._index() if pooling == "mean" else (0, None)
        matrix = self._matrix(pooling, revision)
        hits = matrix.nearest(queries, top)
        if index is None:
            return hits
        listed = [np.setdiff1d(row, matrix.people) for row in index.candidates(queries)]
        return [
            _merged(changed, self._best_of(candidates, query, top), top)
            for changed, candidates, query in zip(hits, listed, queries, strict=True)
        ]

    def _best_of(self, people: NDArray[np.int64], query: Vectors, top: int) -> tuple[NDArray[np.int64], Vectors]:
        """The nearest of some people, read from the file."""
        rows = self._file.connection.execute(
            "SELECT person, embedding FROM recordings WHERE person IN (SELECT value FROM json_each(?)) ORDER BY person",
            (json.dumps(people.tolist()),),
        ).fetchall()
        among = PeopleMatrix(self._file.model.embedding_size, "mean")
        if rows:
            among.put(*self._file.as_arrays(rows))
        return among.nearest(query[np.newaxis], top)[0]

    def _index(self) -> tuple[int, ApproximateIndex | None]:
        """The newest index of this gallery with its revision, where there is one and faiss to read it with."""
        token, current = self._file.row("SELECT token, revision FROM gallery")
        files = {
            int(file.stem.rpartition("-")[2]): file for file in self._file.folder.glob(f"approximate-{token}-*.faiss")
        }
        revision = max((number for number in files if number <= current), default=0)
        if not revision or not is_available():
            return 0, None
        if self._loaded_index is None or self._loaded_index[0] != revision:
            self._loaded_index = revision, ApproximateIndex.load(files[revision], self._file.model.embedding_size)
            self._matrices.clear()
        return self._loaded_index

    def _matrix(self, pooling: Pooling, base: int) -> PeopleMatrix:
        """People changed after the revision `base`, as of now: what has changed since the last search is read."""
        revision = int(self._file.row("SELECT revision FROM gallery")[0])
        # Taken out while it changes: after an error halfway the next search reads everything anew.
        known, matrix = self._matrices.pop((pooling, base), (base, None))
        if matrix is None:
            matrix = PeopleMatrix(self._file.model.embedding_size, pooling)
        if revision > known:
            if len(matrix.people):
                changed = self._file.connection.execute("SELECT id FROM people WHERE revision > ?", (known,)).fetchall()
                matrix.discard(np.array(changed, dtype=np.int64).ravel())
            counted = (
                "people WHERE revision > ?"
                if pooling == "mean"
                else ("recordings JOIN people ON person = people.id WHERE revision > ?")
            )
            matrix.expect(self._file.row(f"SELECT count(*) FROM {counted}", known)[0])
            for people, vectors in self._embeddings_since(known):
                matrix.put(people, vectors)
        self._matrices[pooling, base] = (revision, matrix)
        return matrix

    def _embeddings_since(self, revision: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Embeddings of people changed after a revision, in blocks that part nobody's."""
        # In the order of the index, which needs no sorting and is the order in which they lie in the file.
        rows = self._file.connection.execute(
            "SELECT people.id, embedding FROM people INDEXED BY people_by_revision "
            "JOIN recordings ON person = people.id WHERE revision > ? ORDER BY revision, people.id",
            (revision,),
        )
        held: list[tuple[int, bytes]] = []
        while block := rows.fetchmany(LOADED_ROWS):
            held += block
            last = held[-1][0]
            complete = len(held)
            while complete and held[complete - 1][0] == last:
                complete -= 1
            if complete:
                yield self._file.as_arrays(held[:complete])
            held = held[complete:]
        if held:
            yield self._file.as_arrays(held)

    def _named(self, hits: Hits) -> list[Ranking]:
        numbers = np.unique(np.concatenate([people for people, _ in hits])) if hits else ()
        names = {
            int(number): self._file.row("SELECT name FROM people WHERE id = ?", int(number))[0] for number in numbers
        }
        return [
            [(names[person], score) for person, score in zip(people.tolist(), scores.tolist(), strict=True)]
            for people, scores in hits
        ]


def _merged(
    one: tuple[NDArray[np.int64], Vectors], other: tuple[NDArray[np.int64], Vectors], top: int
) -> tuple[NDArray[np.int64], Vectors]:
    people, scores = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(-scores, kind="stable")[:top]
    return people[order], scores[order]
