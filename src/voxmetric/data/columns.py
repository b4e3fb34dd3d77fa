"""Checking the columns of an utterance table: names, types and values, with the row of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

NUMBERS = ("start", "duration")
"""The columns that hold seconds (float64); every other one holds text."""

_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"


def checked_columns(columns: Mapping[str, Any], source: str) -> pa.Table:
    """The columns in their order (id, path, speaker, session, start, duration, split, free ones) and types.

    Raises:
        InputError: for what `UtteranceTable.from_columns` lists.
    """
    for name in ("path", "speaker"):
        if name not in columns:
            unlabelled = "; to train without labels, give every row the speaker 'unknown'" if name == "speaker" else ""
            raise InputError(f"{source}: expected a column {name!r}, found {', '.join(columns) or 'none'}{unlabelled}")
    typed = {name: text_or_number(name, values, source) for name, values in columns.items()}
    length = len(typed["path"])
    if length == 0:
        raise InputError(f"{source}: expected at least one utterance, found none")
    empty = pa.repeat(pa.scalar("", pa.large_string()), length)
    ordered = {
        "id": typed.get("id", typed["path"]),
        "path": typed["path"],
        "speaker": typed["speaker"],
        "session": typed.get("session", empty),
        "start": pc.fill_null(typed["start"], 0.0) if "start" in typed else pa.array(np.zeros(length)),
        "duration": typed.get("duration", pa.nulls(length, pa.float64())),
        "split": typed.get("split", empty),
    }
    for name in ("id", "path", "speaker"):
        _refuse(pc.equal(ordered[name], ""), ordered[name], f"the {name}", source)
    _refuse_repeated(ordered["id"], source)
    _refuse(pc.less(ordered["start"], 0.0), ordered["start"], "a start of 0 s or more", source)
    _refuse(pc.less_equal(ordered["duration"], 0.0), ordered["duration"], "a duration above 0 s", source)
    return pa.table(ordered | {name: values for name, values in typed.items() if name not in ordered})


def text_or_number(name: str, values: Any, source: str) -> Any:
    """The values as an Arrow array of the type that the column `name` has.

    Raises:
        InputError: naming the row of a value that is no finite number where one is due.
    """
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    if name not in NUMBERS:
        return pc.fill_null(array.cast(pa.large_string()), "")
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = pc.if_else(pc.equal(array, ""), None, array)
        _refuse(pc.invert(pc.match_substring_regex(array, _NUMBER)), array, f"a number as {name}", source)
        array = pc.utf8_trim_whitespace(array)
    numbers = array.cast(pa.float64())
    _refuse(pc.invert(pc.is_finite(numbers)), numbers, f"a finite number as {name}", source)
    return numbers


def _refuse(wrong: Any, values: Any, expected: str, source: str) -> None:
    """Raise for the first row where `wrong` is true."""
    row = pc.index(wrong, True).as_py()
    if row >= 0:
        raise InputError(f"{source}, row {row + 1}: expected {expected}, found {values[row].as_py()!r}")


def _refuse_repeated(ids: Any, source: str) -> None:
    whole = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    # Codes are given in order of appearance: a row is new exactly if its code is above all before it.
    codes: npt.NDArray[np.int64] = whole.dictionary_encode().indices.to_numpy()
    if len(codes) and codes[-1] == len(codes) - 1:
        return
    highest = np.maximum.accumulate(codes)
    repeated = np.flatnonzero(codes[1:] <= highest[:-1])
    if len(repeated):
        row = int(repeated[0]) + 1
        earlier = int(np.flatnonzero(codes == codes[row])[0])
        raise InputError(
            f"{source}, row {row + 1}: expected every id once, found {ids[row].as_py()!r} in row {earlier + 1} too"
        )
