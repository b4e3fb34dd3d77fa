"""The utterance table: which recordings there are, and who speaks in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.data import corpora
from voxmetric.data.arrow import positions, text_bytes, to_numpy, write_csv
from voxmetric.data.columns import NUMBERS, checked_columns, text_or_number
from voxmetric.errors import InputError, unknown_name
from voxmetric.files import replacing

if TYPE_CHECKING:
    import numpy.typing as npt

SUFFIXES = (".csv", ".parquet")
"""File name endings of tables."""

_ABSOLUTE = r"^(/|\\\\|[A-Za-z]:[/\\])"


@dataclass(frozen=True)
class Location:
    """What part of which file an utterance is: the arguments of `voxmetric.audio.reading.read`.

    Attributes:
        path: absolute.
        start: seconds.
        duration: seconds; None: to the end.
        channel: `mix` or the number of a channel.
    """

    path: str
    start: float
    duration: float | None
    channel: str


@dataclass(frozen=True, eq=False, repr=False)
class UtteranceTable:
    """Utterances as columns of equal length; a table never changes, its methods return new ones.

    Columns: `id` (unique), `path`, `speaker`, `session` (empty where unknown), `start` and `duration` in seconds
    (a missing duration means: to the end of the recording), `split` (empty where none), and any free ones, such as
    `corpus`, or `channel` (`mix` or the number of a channel). All but `start` and `duration` are text.

    Attributes:
        arrow: the columns, as an Arrow table; build one with `from_columns`, which checks them.
        folder: relative paths start here.
    """

    arrow: pa.Table
    folder: Path

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        kind: str | None = None,
        audio_folder: str | os.PathLike[str] | None = None,
    ) -> UtteranceTable:
        """Read a table, or whatever describes a corpus, from a file or folder.

        Args:
            path: a CSV or Parquet file with the columns above (`path` and `speaker` at least; a missing `id` is the
                path as written), a folder with one sub-folder for each speaker, a list of `speaker path` lines, a
                Kaldi directory, or Lhotse manifests.
            kind: one of `voxmetric.data.corpora.corpora.available()`; None finds out.
            audio_folder: what relative paths start from; None: the folder of the file that names them.

        Raises:
            InputError: if it is missing, malformed (with the row), of no known kind or possibly of several.
        """
        return corpora.read(Path(path), kind, None if audio_folder is None else Path(audio_folder))

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], folder: str | os.PathLike[str], source: str) -> Self:
        """Build a table from columns (sequences or arrays of one length), after checking every row.

        Args:
            columns: by name; `path` and `speaker` must be there.
            folder: what relative paths start from.
            source: name of the origin, for error messages.

        Raises:
            InputError: naming the row, for a missing column, a repeated id, an empty id, path or speaker, or a
                `start` or `duration` that is no number of seconds.
        """
        return cls(checked_columns(columns, source), Path(folder).absolute())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV or Parquet, by the suffix, in one step.

        Paths of recordings inside the folder of the new file are written relative to it, others as absolute ones.

        Raises:
            InputError: for another suffix, or if the file cannot be written.
        """
        target = Path(path).absolute()
        if target.suffix not in SUFFIXES:
            raise InputError(f"expected a table named *.csv or *.parquet, found {target.name!r}")
        columns = self.arrow.set_column(self.columns.index("path"), "path", self._paths_from(target.parent))
        with replacing(target) as beside:
            if target.suffix == ".parquet":
                import pyarrow.parquet

                pyarrow.parquet.write_table(columns, beside)
            else:
                write_csv(columns, beside)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __repr__(self) -> str:
        return f"UtteranceTable({len(self)} utterances, columns {', '.join(self.columns)})"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.arrow.column_names)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """(N,) str."""
        return self.column("id")

    @cached_property
    def paths(self) -> npt.NDArray[np.object_]:
        """(N,) str, absolute."""
        return to_numpy(self._full_paths)

    @cached_property
    def speakers(self) -> npt.NDArray[np.object_]:
        """(N,) str."""
        return self.column("speaker")

    @cached_property
    def sessions(self) -> npt.NDArray[np.object_]:
        """(N,) str, empty where unknown."""
        return self.column("session")

    @cached_property
    def splits(self) -> npt.NDArray[np.object_]:
        """(N,) str, empty where none."""
        return self.column("split")

    @cached_property
    def starts(self) -> npt.NDArray[np.float64]:
        """(N,) seconds."""
        return self.column("start")

    @cached_property
    def durations(self) -> npt.NDArray[np.float64]:
        """(N,) seconds, NaN where unknown (to the end of the recording)."""
        return self.column("duration")

    def column(self, name: str) -> npt.NDArray[Any]:
        """The column `name` as an array (N,): of str, or float64 for `start` and `duration`; paths as written.

        Raises:
            InputError: if there is no such column.
        """
        if name not in self.columns:
            raise unknown_name("column", name, self.columns)
        return to_numpy(self.arrow[name])

    def with_column(self, name: str, values: str | Iterable[Any] | npt.NDArray[Any]) -> UtteranceTable:
        """The table with the column `name` added or replaced by `values` (N,), or by one text for every row."""
        if isinstance(values, str):
            values = np.full(len(self), values, dtype=object)
        columns = dict(zip(self.columns, self.arrow.itercolumns(), strict=True))
        columns[name] = text_or_number(name, values, "the new column")
        return UtteranceTable(pa.table(columns), self.folder)

    def take(self, indices: npt.ArrayLike) -> UtteranceTable:
        """The rows at `indices` (M,), in that order."""
        return UtteranceTable(self.arrow.take(pa.array(np.asarray(indices, dtype=np.int64))), self.folder)

    def where(self, **conditions: str | Iterable[str]) -> UtteranceTable:
        """The rows in which each column named has the given value, or one of the given values.

        Raises:
            InputError: if there is no such column, or nothing matches; the values there are, are named.
        """
        chosen = np.ones(len(self), dtype=bool)
        for name, wanted in conditions.items():
            values = [wanted] if isinstance(wanted, str) else [str(value) for value in wanted]
            text_columns = [column for column in self.columns if column not in NUMBERS]
            if name not in text_columns:
                raise unknown_name("column to select by", name, text_columns)
            matching = to_numpy(pc.is_in(self.arrow[name], value_set=pa.array(values, type=pa.large_string())))
            if not (chosen & matching).any():
                present = to_numpy(pc.unique(self.arrow.filter(pa.array(chosen))[name]))
                listed = ", ".join(sorted(map(repr, present))[:20]) + (", ..." if len(present) > 20 else "")
                raise InputError(f"no utterance has {name} {' or '.join(map(repr, values))}: there is {listed}")
            chosen &= matching
        return UtteranceTable(self.arrow.filter(pa.array(chosen)), self.folder)

    def indices(self, ids: Iterable[str] | npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
        """The row numbers of `ids`: (M,) int64.

        Raises:
            InputError: naming ids that are not in the table.
        """
        return positions(pa.array(ids, type=pa.large_string()), self.arrow["id"], "ids that the table does not have")

    def row(self, identifier: str) -> dict[str, Any]:
        """One utterance as a dictionary, its path absolute and an unknown duration None.

        Raises:
            InputError: if there is no utterance of that id.
        """
        index = pc.index(self.arrow["id"], pa.scalar(identifier, pa.large_string())).as_py()
        if index < 0:
            raise InputError(f"no utterance has the id {identifier!r}; ids look like {self.arrow['id'][0].as_py()!r}")
        found: dict[str, Any] = self.arrow.slice(index, 1).to_pylist()[0]
        return found | {"path": self.location(index).path}

    def location(self, index: int) -> Location:
        """Where the utterance of row `index` is to be read."""
        duration = float(self.durations[index])
        return Location(
            path=self.paths[index],
            start=float(self.starts[index]),
            duration=None if np.isnan(duration) else duration,
            channel=self._channels[index],
        )

    def speaker_codes(self) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.int64]]:
        """The speakers' names in sorted order, and for each utterance the place of its speaker's: (N,) int64."""
        encoded = self.arrow["speaker"].combine_chunks().dictionary_encode()
        names = np.array(encoded.dictionary.to_pylist(), dtype=np.str_)
        order = np.argsort(names)
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        return names[order], rank[to_numpy(encoded.indices)]

    @cached_property
    def sha256(self) -> str:
        """Hash of the rows in order, by every column but `path`: moving the recordings does not change it."""
        digest = hashlib.sha256()
        for name in sorted(set(self.columns) - {"path"}):
            column = self.arrow[name]
            digest.update(f"{name}\n".encode())
            if name in NUMBERS:
                digest.update(to_numpy(column).tobytes())
            else:
                digest.update(to_numpy(pc.binary_length(column)).astype(np.int64).tobytes())
                for chunk in column.chunks:
                    digest.update(text_bytes(chunk))
        return digest.hexdigest()

    @cached_property
    def _channels(self) -> npt.NDArray[np.object_]:
        return self.column("channel") if "channel" in self.columns else np.full(len(self), "mix", dtype=object)

    @cached_property
    def _full_paths(self) -> pa.ChunkedArray:
        written = self.arrow["path"]
        folder, separator = (pa.scalar(text, pa.large_string()) for text in (self.folder.as_posix(), "/"))
        joined = pc.binary_join_element_wise(folder, written, separator)
        return pc.if_else(pc.match_substring_regex(written, _ABSOLUTE), written, joined)

    def _paths_from(self, folder: Path) -> pa.ChunkedArray:
        if folder == self.folder:
            return self.arrow["path"]
        prefix = f"{folder.as_posix().rstrip('/')}/"
        full = self._full_paths
        inside = pc.utf8_slice_codeunits(full, len(prefix))
        return pc.if_else(pc.starts_with(full, prefix), inside, full)
