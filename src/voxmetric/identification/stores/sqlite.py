"""A gallery in a folder: one SQLite file that several processes share (`sqlite_file`), searched in memory
(`sqlite_search`)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voxmetric.identification.recall import Recall
from voxmetric.identification.stores.sqlite_file import SqliteFile
from voxmetric.identification.stores.sqlite_search import SqliteSearch
from voxmetric.identification.stores.store import ModelIdentity, Pooling, Ranking, Vectors

# Made when it is first needed: versions before it do not miss it.
_COHORT_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS cohort (speaker TEXT NOT NULL, id TEXT NOT NULL UNIQUE, embedding BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS cohort_scores (kind TEXT PRIMARY KEY, revision INTEGER NOT NULL, scores BLOB NOT NULL)",
)


class SqliteStore:
    """See `GalleryStore`; made in the folder `place` when there is none and a model is given.

    Raises:
        InputError: as `SqliteFile`.
    """

    transaction_rows = 10_000

    def __init__(self, place: str | os.PathLike[str], model: ModelIdentity | None = None) -> None:
        self._file = SqliteFile(place, model)
        self._search = SqliteSearch(self._file)
        self.model = self._file.model

    def __len__(self) -> int:
        with self._file.access():
            return int(self._file.row("SELECT people FROM gallery")[0])

    def counts(self) -> dict[str, int]:
        query = (
            "SELECT name, count(*) FROM people JOIN recordings ON person = people.id GROUP BY people.id ORDER BY name"
        )
        with self._file.access():
            return dict(self._file.connection.execute(query).fetchall())

    def recordings(self, name: str) -> list[str]:
        query = "SELECT recordings.id FROM recordings JOIN people ON person = people.id WHERE name = ? ORDER BY 1"
        with self._file.access():
            return [row[0] for row in self._file.connection.execute(query, (name,))]

    def contains(self, names: Sequence[str], recordings: Sequence[str]) -> NDArray[np.bool_]:
        query = (
            "SELECT EXISTS (SELECT 1 FROM people JOIN recordings ON person = people.id "
            "WHERE name = ? AND recordings.id = ?)"
        )
        with self._file.access():
            pairs = zip(names, recordings, strict=True)
            return np.array([self._file.row(query, *pair)[0] for pair in pairs], dtype=np.bool_)

    def add(self, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        with self._file.change() as revision:
            self._insert(revision, names, recordings, vectors)

    def replace(self, name: str, recordings: Sequence[str], vectors: Vectors) -> None:
        with self._file.change() as revision:
            self._delete_recordings(name)
            self._insert(revision, [name] * len(recordings), recordings, vectors)
        self._file.overwrite_log()

    def remove(self, name: str) -> bool:
        with self._file.change() as revision:
            self._delete_recordings(name)
            renamed = self._file.connection.execute(
                "UPDATE people SET name = NULL, revision = ? WHERE name = ?", (revision, name)
            )
        self._file.overwrite_log()
        return renamed.rowcount > 0

    def vectors_of(self, names: Sequence[str]) -> tuple[NDArray[np.int64], Vectors]:
        query = (
            "SELECT wanted.key, embedding FROM json_each(?) AS wanted JOIN people ON name = wanted.value "
            "JOIN recordings ON person = people.id ORDER BY wanted.key, recordings.rowid"
        )
        with self._file.access():
            rows = self._file.connection.execute(query, (json.dumps(list(names)),)).fetchall()
            return self._file.as_arrays(rows)

    def set_cohort(self, speakers: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        with self._file.change():
            for statement in _COHORT_SCHEMA:
                self._file.connection.execute(statement)
            self._file.connection.execute("DELETE FROM cohort")
            self._file.connection.executemany(
                "INSERT INTO cohort VALUES (?, ?, ?)",
                ((*names, row.data) for *names, row in zip(speakers, recordings, rows, strict=True)),
            )
        self._file.overwrite_log()

    def cohort(self) -> tuple[list[str], Vectors]:
        with self._file.transaction():
            if not self._file.row("SELECT count(*) FROM sqlite_master WHERE name = 'cohort'")[0]:
                return [], np.empty((0, self.model.embedding_size), dtype=np.float32)
            rows = self._file.connection.execute("SELECT speaker, embedding FROM cohort ORDER BY rowid").fetchall()
        _, vectors = self._file.as_arrays([(0, embedding) for _, embedding in rows])
        return [speaker for speaker, _ in rows], vectors

    def are_enrolled(self, names: Sequence[str]) -> NDArray[np.bool_]:
        query = "SELECT wanted.key FROM json_each(?) AS wanted JOIN people ON name = wanted.value"
        there = np.zeros(len(names), dtype=np.bool_)
        with self._file.access():
            there[[row[0] for row in self._file.connection.execute(query, (json.dumps(list(names)),))]] = True
        return there

    def keep_scores(self, kind: str, revision: int, scores: NDArray[np.float64]) -> None:
        with self._file.transaction("BEGIN IMMEDIATE"):
            self._file.connection.execute(
                "INSERT OR REPLACE INTO cohort_scores VALUES (?, ?, ?)",
                (kind, revision, scores.astype("<f8").tobytes()),
            )

    def kept_scores(self, kind: str, revision: int) -> NDArray[np.float64] | None:
        with self._file.access():
            query = "SELECT scores FROM cohort_scores WHERE kind = ? AND revision = ?"
            row = self._file.connection.execute(query, (kind, revision)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype="<f8").astype(np.float64)

    def revision(self) -> int | None:
        with self._file.access():
            return int(self._file.row("SELECT revision FROM gallery")[0])

    def nearest(self, queries: Vectors, top: int, pooling: Pooling) -> list[Ranking]:
        return self._search.nearest(queries, top, pooling)

    def build_index(self) -> Recall:
        return self._search.build_index()

    def close(self) -> None:
        self._file.close()

    def _insert(self, revision: int, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        self._file.connection.executemany(
            "INSERT INTO people (name, revision) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET revision = ?",
            ((name, revision, revision) for name in dict.fromkeys(names)),
        )
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        self._file.connection.executemany(
            "INSERT OR REPLACE INTO recordings (person, id, embedding) SELECT id, ?, ? FROM people WHERE name = ?",
            ((recording, row.data, name) for name, recording, row in zip(names, recordings, rows, strict=True)),
        )

    def _delete_recordings(self, name: str) -> None:
        self._file.connection.execute(
            "DELETE FROM recordings WHERE person = (SELECT id FROM people WHERE name = ?)", (name,)
        )
