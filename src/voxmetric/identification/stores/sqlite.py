"""A gallery in a folder: one SQLite file that several processes share, searched in memory.

Every change is one transaction, written ahead and flushed to disk before the call returns (WAL, `synchronous=FULL`):
killed at any moment, a process leaves all that it confirmed and nothing of what it did not. After a power failure that
holds as far as the disk keeps what it says it has flushed. Writers wait for one another. The folder must be on a local
disk: WAL needs memory that the processes share.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.approximate_index import LISTED, ApproximateIndex, is_available, require_faiss
from voxmetric.identification.people_matrix import Hits, PeopleMatrix
from voxmetric.identification.recall import Recall, measure_recall
from voxmetric.identification.stores.store import ModelIdentity, Pooling, Ranking, Vectors

FILE = "gallery.sqlite"
SCHEMA_VERSION = 1
APPLICATION_ID = int.from_bytes(b"voxg", "big")
BUSY_SECONDS = 60.0
LOADED_ROWS = 10_000

_SCHEMA = (
    "CREATE TABLE gallery (token TEXT NOT NULL, model TEXT NOT NULL, embedding_size INTEGER NOT NULL, "
    "source TEXT NOT NULL, revision INTEGER NOT NULL, people INTEGER NOT NULL)",
    # A person removed leaves a row without a name, so that matrices in memory learn of it.
    "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, revision INTEGER NOT NULL)",
    "CREATE INDEX people_by_revision ON people (revision)",
    "CREATE TRIGGER person_added AFTER INSERT ON people BEGIN UPDATE gallery SET people = people + 1; END",
    "CREATE TRIGGER person_removed AFTER UPDATE OF name ON people WHEN new.name IS NULL "
    "BEGIN UPDATE gallery SET people = people - 1; END",
    "CREATE TABLE recordings (person INTEGER NOT NULL REFERENCES people (id), id TEXT NOT NULL, "
    "embedding BLOB NOT NULL, UNIQUE (person, id))",
)
# Made when it is first needed: versions before it do not miss it.
_COHORT_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS cohort (speaker TEXT NOT NULL, id TEXT NOT NULL UNIQUE, embedding BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS cohort_scores (kind TEXT PRIMARY KEY, revision INTEGER NOT NULL, scores BLOB NOT NULL)",
)


class SqliteStore:
    """See `GalleryStore`; made in the folder `place` when there is none and a model is given.

    Raises:
        InputError: if there is none and no model is given, or it is of another model, damaged, of a newer version or
            not a gallery.
    """

    transaction_rows = 10_000

    def __init__(self, place: str | os.PathLike[str], model: ModelIdentity | None = None) -> None:
        self._folder = Path(place)
        self._file = self._folder / FILE
        self._lock = threading.RLock()
        self._matrices: dict[tuple[Pooling, int], tuple[int, PeopleMatrix]] = {}
        self._loaded_index: tuple[int, ApproximateIndex] | None = None
        if not self._file.is_file() and model is None:
            raise InputError(f"there is no gallery at {place}: enrol the first person with a model to make one")
        with self._access():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(model)
            fingerprint, size, source = self._row("SELECT model, embedding_size, source FROM gallery")
        self.model = ModelIdentity(fingerprint, size, source)
        if model is not None:
            self.model.check(model, os.fspath(place))

    def __len__(self) -> int:
        with self._access():
            return int(self._row("SELECT people FROM gallery")[0])

    def counts(self) -> dict[str, int]:
        query = (
            "SELECT name, count(*) FROM people JOIN recordings ON person = people.id GROUP BY people.id ORDER BY name"
        )
        with self._access():
            return dict(self._connection.execute(query).fetchall())

    def recordings(self, name: str) -> list[str]:
        query = "SELECT recordings.id FROM recordings JOIN people ON person = people.id WHERE name = ? ORDER BY 1"
        with self._access():
            return [row[0] for row in self._connection.execute(query, (name,))]

    def contains(self, names: Sequence[str], recordings: Sequence[str]) -> NDArray[np.bool_]:
        query = (
            "SELECT EXISTS (SELECT 1 FROM people JOIN recordings ON person = people.id "
            "WHERE name = ? AND recordings.id = ?)"
        )
        with self._access():
            pairs = zip(names, recordings, strict=True)
            return np.array([self._row(query, *pair)[0] for pair in pairs], dtype=np.bool_)

    def add(self, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        with self._change() as revision:
            self._insert(revision, names, recordings, vectors)

    def replace(self, name: str, recordings: Sequence[str], vectors: Vectors) -> None:
        with self._change() as revision:
            self._delete_recordings(name)
            self._insert(revision, [name] * len(recordings), recordings, vectors)
        self._overwrite_log()

    def remove(self, name: str) -> bool:
        with self._change() as revision:
            self._delete_recordings(name)
            renamed = self._connection.execute(
                "UPDATE people SET name = NULL, revision = ? WHERE name = ?", (revision, name)
            )
        self._overwrite_log()
        return renamed.rowcount > 0

    def vectors_of(self, names: Sequence[str]) -> tuple[NDArray[np.int64], Vectors]:
        query = (
            "SELECT wanted.key, embedding FROM json_each(?) AS wanted JOIN people ON name = wanted.value "
            "JOIN recordings ON person = people.id ORDER BY wanted.key, recordings.rowid"
        )
        with self._access():
            rows = self._connection.execute(query, (json.dumps(list(names)),)).fetchall()
            return self._as_arrays(rows)

    def set_cohort(self, speakers: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        with self._change():
            for statement in _COHORT_SCHEMA:
                self._connection.execute(statement)
            self._connection.execute("DELETE FROM cohort")
            self._connection.executemany(
                "INSERT INTO cohort VALUES (?, ?, ?)",
                ((*names, row.data) for *names, row in zip(speakers, recordings, rows, strict=True)),
            )
        self._overwrite_log()

    def cohort(self) -> tuple[list[str], Vectors]:
        with self._transaction("BEGIN"):
            if not self._row("SELECT count(*) FROM sqlite_master WHERE name = 'cohort'")[0]:
                return [], np.empty((0, self.model.embedding_size), dtype=np.float32)
            rows = self._connection.execute("SELECT speaker, embedding FROM cohort ORDER BY rowid").fetchall()
        _, vectors = self._as_arrays([(0, embedding) for _, embedding in rows])
        return [speaker for speaker, _ in rows], vectors

    def are_enrolled(self, names: Sequence[str]) -> NDArray[np.bool_]:
        query = "SELECT wanted.key FROM json_each(?) AS wanted JOIN people ON name = wanted.value"
        there = np.zeros(len(names), dtype=np.bool_)
        with self._access():
            there[[row[0] for row in self._connection.execute(query, (json.dumps(list(names)),))]] = True
        return there

    def keep_scores(self, kind: str, revision: int, scores: NDArray[np.float64]) -> None:
        with self._transaction("BEGIN IMMEDIATE"):
            self._connection.execute(
                "INSERT OR REPLACE INTO cohort_scores VALUES (?, ?, ?)",
                (kind, revision, scores.astype("<f8").tobytes()),
            )

    def kept_scores(self, kind: str, revision: int) -> NDArray[np.float64] | None:
        with self._access():
            query = "SELECT scores FROM cohort_scores WHERE kind = ? AND revision = ?"
            row = self._connection.execute(query, (kind, revision)).fetchone()
        return None if row is None else np.frombuffer(row[0], dtype="<f8").astype(np.float64)

    def revision(self) -> int | None:
        with self._access():
            return int(self._row("SELECT revision FROM gallery")[0])

    def nearest(self, queries: Vectors, top: int, pooling: Pooling) -> list[Ranking]:
        with self._transaction("BEGIN"):
            return self._named(self._hits(queries, top, pooling))

    def build_index(self) -> Recall:
        require_faiss()
        with self._transaction("BEGIN"):
            matrix = self._matrix("mean", 0)
            del self._matrices["mean", 0]  # too large to keep: with an index the next searches do without
            token, revision = self._row("SELECT token, revision FROM gallery")
        if not len(matrix.people):
            raise InputError(f"there is nobody to index in {self._folder}")
        if len(matrix.people) <= LISTED:
            raise InputError(
                f"expected more than the {LISTED} people that an index lists, found {len(matrix.people)} in "
                f"{self._folder}: searching them needs no index"
            )
        path = self._folder / f"approximate-{token}-{revision}.faiss"
        ApproximateIndex.build(matrix.people, matrix.rows).save(path)
        for file in self._folder.glob("approximate-*.faiss"):
            if file != path:
                file.unlink(missing_ok=True)
        with self._transaction("BEGIN"):
            return measure_recall(matrix, lambda queries, top: self._hits(queries, top, "mean"))

    def close(self) -> None:
        self._connection.close()

    def _insert(self, revision: int, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        self._connection.executemany(
            "INSERT INTO people (name, revision) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET revision = ?",
            ((name, revision, revision) for name in dict.fromkeys(names)),
        )
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        self._connection.executemany(
            "INSERT OR REPLACE INTO recordings (person, id, embedding) SELECT id, ?, ? FROM people WHERE name = ?",
            ((recording, row.data, name) for name, recording, row in zip(names, recordings, rows, strict=True)),
        )

    def _overwrite_log(self) -> None:
        """What was removed is overwritten in the file (see secure_delete); after this it is not in the log either."""
        with self._access():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _delete_recordings(self, name: str) -> None:
        self._connection.execute(
            "DELETE FROM recordings WHERE person = (SELECT id FROM people WHERE name = ?)", (name,)
        )

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
        rows = self._connection.execute(
            "SELECT person, embedding FROM recordings WHERE person IN (SELECT value FROM json_each(?)) ORDER BY person",
            (json.dumps(people.tolist()),),
        ).fetchall()
        among = PeopleMatrix(self.model.embedding_size, "mean")
        if rows:
            among.put(*self._as_arrays(rows))
        return among.nearest(query[np.newaxis], top)[0]

    def _index(self) -> tuple[int, ApproximateIndex | None]:
        """The newest index of this gallery with its revision, where there is one and faiss to read it with."""
        token, current = self._row("SELECT token, revision FROM gallery")
        files = {int(file.stem.rpartition("-")[2]): file for file in self._folder.glob(f"approximate-{token}-*.faiss")}
        revision = max((number for number in files if number <= current), default=0)
        if not revision or not is_available():
            return 0, None
        if self._loaded_index is None or self._loaded_index[0] != revision:
            self._loaded_index = revision, ApproximateIndex.load(files[revision], self.model.embedding_size)
            self._matrices.clear()
        return self._loaded_index

    def _matrix(self, pooling: Pooling, base: int) -> PeopleMatrix:
        """People changed after the revision `base`, as of now: what has changed since the last search is read."""
        revision = int(self._row("SELECT revision FROM gallery")[0])
        # Taken out while it changes: after an error halfway the next search reads everything anew.
        known, matrix = self._matrices.pop((pooling, base), (base, None))
        if matrix is None:
            matrix = PeopleMatrix(self.model.embedding_size, pooling)
        if revision > known:
            if len(matrix.people):
                changed = self._connection.execute("SELECT id FROM people WHERE revision > ?", (known,)).fetchall()
                matrix.discard(np.array(changed, dtype=np.int64).ravel())
            counted = (
                "people WHERE revision > ?"
                if pooling == "mean"
                else ("recordings JOIN people ON person = people.id WHERE revision > ?")
            )
            matrix.expect(self._row(f"SELECT count(*) FROM {counted}", known)[0])
            for people, vectors in self._embeddings_since(known):
                matrix.put(people, vectors)
        self._matrices[pooling, base] = (revision, matrix)
        return matrix

    def _embeddings_since(self, revision: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Embeddings of people changed after a revision, in blocks that part nobody's."""
        # In the order of the index, which needs no sorting and is the order in which they lie in the file.
        rows = self._connection.execute(
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
                yield self._as_arrays(held[:complete])
            held = held[complete:]
        if held:
            yield self._as_arrays(held)

    def _as_arrays(self, rows: list[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        size = self.model.embedding_size
        if any(len(embedding) != 4 * size for _, embedding in rows):
            raise InputError(f"{self._file} is damaged: expected embeddings of {size} numbers; restore a copy of it")
        people = np.array([person for person, _ in rows], dtype=np.int64)
        joined = np.frombuffer(b"".join(embedding for _, embedding in rows), dtype="<f4")
        return people, joined.reshape(-1, size).astype(np.float32, copy=False)

    def _named(self, hits: Hits) -> list[Ranking]:
        numbers = np.unique(np.concatenate([people for people, _ in hits])) if hits else ()
        names = {int(number): self._row("SELECT name FROM people WHERE id = ?", int(number))[0] for number in numbers}
        return [
            [(names[person], score) for person, score in zip(people.tolist(), scores.tolist(), strict=True)]
            for people, scores in hits
        ]

    def _row(self, query: str, *values: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._connection.execute(query, values).fetchone()
        return row

    @contextmanager
    def _change(self) -> Iterator[int]:
        """One transaction that changes people; yields the revision that they get."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield int(self._row("UPDATE gallery SET revision = revision + 1 RETURNING revision")[0])

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._access():
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _access(self) -> Iterator[None]:
        """One thread at a time on the connection, and its errors told as those of the gallery."""
        try:
            with self._lock:
                yield
        except UnicodeEncodeError as error:
            raise InputError(f"expected names and ids that are text, found {error.object!r}") from error
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorname", "") in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
                raise InputError(f"{self._file} is damaged ({error}): restore a copy of the folder") from error
            raise InputError(
                f"cannot use the gallery {self._file}: {error}; expected a gallery of `voxmetric enroll` on a local "
                "disk with free space"
            ) from error

    def _prepare(self, model: ModelIdentity | None) -> None:
        """Set the connection up, look whether the file is a gallery, and make one of an empty file."""
        connection = self._connection
        application, version = self._kind()
        if not application:
            if model is None or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise InputError(f"{self._file} is not a gallery: expected one that `voxmetric enroll` made")
        elif application != APPLICATION_ID:
            raise InputError(f"{self._file} is not a gallery: expected one that `voxmetric enroll` made")
        if version > SCHEMA_VERSION:
            raise InputError(f"{self._file} was written by a newer voxmetric (version {version}): upgrade to use it")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON").fetchall()
        if application:
            return
        with self._transaction("BEGIN IMMEDIATE"):
            if self._kind()[0] or model is None:
                return  # another process was faster
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO gallery VALUES (?, ?, ?, ?, 0, 0)",
                (secrets.token_hex(8), model.fingerprint, model.embedding_size, model.source),
            )
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _kind(self) -> tuple[int, int]:
        return self._row("PRAGMA application_id")[0], self._row("PRAGMA user_version")[0]


def _merged(
    one: tuple[NDArray[np.int64], Vectors], other: tuple[NDArray[np.int64], Vectors], top: int
) -> tuple[NDArray[np.int64], Vectors]:
    people, scores = np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])
    order = np.argsort(-scores, kind="stable")[:top]
    return people[order], scores[order]
