"""What the tables and lists here need of Arrow's columns."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt


def to_numpy(array: Any) -> npt.NDArray[Any]:
    """An Arrow array as a numpy one: text as str objects, null as None or NaN."""
    values: npt.NDArray[Any]
    values = array.to_numpy() if isinstance(array, pa.ChunkedArray) else array.to_numpy(zero_copy_only=False)
    return values


def value_codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A number for each value, in order of appearance: (N,) int64."""
    return to_numpy(column.combine_chunks().dictionary_encode().indices).astype(np.int64)


def positions(wanted: Any, ids: Any, complaint: str) -> npt.NDArray[np.int64]:
    """Where each of `wanted` (M,) stands among `ids` (N,), both Arrow text arrays: (M,) int64.

    Raises:
        InputError: the complaint, with how many and which of the wanted are not there.
    """
    found = pc.index_in(wanted, value_set=ids)
    if found.null_count:
        missing = wanted.filter(pc.is_null(found)).unique().to_pylist()
        shown = ", ".join(map(repr, missing[:3])) + (", ..." if len(missing) > 3 else "")
        raise InputError(f"{complaint} ({len(missing)}: {shown}); check that they belong together")
    return to_numpy(found).astype(np.int64)


def text_bytes(array: Any) -> memoryview:
    """The characters of an Arrow `large_string` array without nulls, one text after the other, without a copy."""
    if not len(array):
        return memoryview(b"")
    _, offsets, characters = array.buffers()
    within = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return memoryview(characters or b"")[within[0] : within[-1]]


def write_csv(columns: pa.Table, path: Path) -> None:
    """Write columns as CSV with a header, with quotes only if some value cannot do without them."""
    texts = [column for column in columns.itercolumns() if pa.types.is_large_string(column.type)]
    special = any(pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py() for column in texts)
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed" if special else "none")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(columns.column_names)
    with path.open("ab") as file:
        pyarrow.csv.write_csv(columns, file, options)
