"""The SQLite file of a gallery in a folder: its connection, transactions and errors, and making one.

Every change is one transaction, written ahead and flushed to disk before the call returns (WAL, `synchronous=FULL`):
killed at any moment, a process leaves all that it confirmed and nothing of what it did not. After a power failure that
holds as far as the disk keeps what it says it has flushed. Writers wait for one another. The folder must be on a local
disk: WAL needs memory that the processes share.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.stores.store import ModelIdentity, Vectors

FILE = "gallery.sqlite"
SCHEMA_VERSION = 1
APPLICATION_ID = int.from_bytes(b"voxg", "big")
BUSY_SECONDS = 60.0

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


class SqliteFile:
    """The file in the folder `place`, made when there is none and a model is given.

    Attributes:
        folder: where it is.
        connection: to it; use it within `access` or a transaction.
        model: that the embeddings are of.

    Raises:
        InputError: if there is none and no model is given, or it is of another model, damaged, of a newer version or
            not a gallery.
    """

    def __init__(self, place: str | os.PathLike[str], model: ModelIdentity | None) -> None:
        self.folder = Path(place)
        self._file = self.folder / FILE
        self._lock = threading.RLock()
        if not self._file.is_file() and model is None:
            raise InputError(f"there is no gallery at {place}: enrol the first person with a model to make one")
        with self.access():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(
                self._file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(model)
            fingerprint, size, source = self.row("SELECT model, embedding_size, source FROM gallery")
        self.model = ModelIdentity(fingerprint, size, source)
        if model is not None:
            self.model.check(model, os.fspath(place))

    def row(self, query: str, *values: object) -> tuple[Any, ...]:
        """The one row that a query gives."""
        row: tuple[Any, ...] = self.connection.execute(query, values).fetchone()
        return row

    def as_arrays(self, rows: list[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        """Numbers (R,) and embeddings (R, D) of rows read.

        Raises:
            InputError: if one is not of D numbers.
        """
        size = self.model.embedding_size
        if any(len(embedding) != 4 * size for _, embedding in rows):
            raise InputError(f"{self._file} is damaged: expected embeddings of {size} numbers; restore a copy of it")
        people = np.array([person for person, _ in rows], dtype=np.int64)
        joined = np.frombuffer(b"".join(embedding for _, embedding in rows), dtype="<f4")
        return people, joined.reshape(-1, size).astype(np.float32, copy=False)

    @contextmanager
    def change(self) -> Iterator[int]:
        """One transaction that changes people; yields the revision that they get."""
        with self.transaction("BEGIN IMMEDIATE"):
            yield int(self.row("UPDATE gallery SET revision = revision + 1 RETURNING revision")[0])

    @contextmanager
    def transaction(self, begin: str = "BEGIN") -> Iterator[None]:
        """All of what is done within, or nothing of it; a `BEGIN` that only reads sees one state throughout."""
        with self.access():
            self.connection.execute(begin)
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def access(self) -> Iterator[None]:
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

    def overwrite_log(self) -> None:
        """What was removed is overwritten in the file (see secure_delete); after this it is not in the log either."""
        with self.access():
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Let go of it."""
        self.connection.close()

    def _prepare(self, model: ModelIdentity | None) -> None:
        """Look whether the file is a gallery, make one of an empty file, and set the connection up."""
        if not self._is_gallery():
            if model is None:
                raise InputError(f"{self._file} is not a gallery: expected one that `voxmetric enroll` made")
            with self._alone():
                if not self._is_gallery():  # else another process was faster
                    self._make(model)
        self.connection.execute("PRAGMA synchronous=FULL")
        self.connection.execute("PRAGMA secure_delete=ON").fetchall()

    def _is_gallery(self) -> bool:
        """False for an empty file.

        Raises:
            InputError: for one that is neither, or of a newer version.
        """
        with self.transaction():  # one state of the file: another process may be making the gallery
            (application,), (version,) = self.row("PRAGMA application_id"), self.row("PRAGMA user_version")
            has_tables = self.connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
        if application not in (0, APPLICATION_ID) or (not application and has_tables):
            raise InputError(f"{self._file} is not a gallery: expected one that `voxmetric enroll` made")
        if version > SCHEMA_VERSION:
            raise InputError(f"{self._file} was written by a newer voxmetric (version {version}): upgrade to use it")
        return bool(application)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time, until it ends in whatever way: SQLite does not wait for its turn to begin a log."""
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _make(self, model: ModelIdentity) -> None:
        self.connection.execute("PRAGMA journal_mode=WAL").fetchall()
        with self.transaction("BEGIN IMMEDIATE"):
            for statement in _SCHEMA:
                self.connection.execute(statement)
            self.connection.execute(
                "INSERT INTO gallery VALUES (?, ?, ?, ?, 0, 0)",
                (secrets.token_hex(8), model.fingerprint, model.embedding_size, model.source),
            )
            self.connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
