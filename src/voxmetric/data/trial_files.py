"""Reading the files that trial lists come in."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from voxmetric.errors import InputError, reason

if TYPE_CHECKING:
    import numpy.typing as npt

_LABELS = {"1": 1, "0": 0, "target": 1, "nontarget": 0, "true": 1, "false": 0}

_SPELLINGS = {
    "enrol": {"enrol", "enroll", "enrolment", "enrollment", "enrol_id", "enroll_id", "enrolment_id", "enrollment_id"},
    "test": {"test", "test_id", "probe", "probe_id"},
    "label": {"label", "target", "key", "same_speaker", "is_target"},
}

_EXPECTED = "`1 enrol test` lines, `enrol test target|nontarget` lines, or a CSV file with the header enrol,test,label"


@dataclass(frozen=True)
class _Layout:
    """How the lines of a list are made up: the columns in order, what parts them, and what a line looks like."""

    columns: tuple[str, ...]
    delimiter: str
    example: str
    has_header: bool = False


def read(path: Path) -> tuple[pa.ChunkedArray, pa.ChunkedArray, npt.NDArray[np.int8]]:
    """The two sides' ids, as Arrow dictionary arrays (T,), and the labels (T,) int8.

    Raises:
        InputError: as `TrialList.read`.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            layout = _layout(path, next((line for line in file if line.strip()), ""))
        text = pa.dictionary(pa.int32(), pa.string())
        trials = pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(
                column_names=layout.columns, skip_rows=int(layout.has_header), block_size=1 << 24
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=layout.delimiter, quote_char='"' if layout.has_header else False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(layout.columns, text), include_columns=["enrol", "test", "label"]
            ),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {reason(error)}; expected {_EXPECTED}") from error
    except pa.ArrowInvalid as error:
        raise _malformed(path, layout) or InputError(f"cannot read {path}: {error}; expected {_EXPECTED}") from error
    enrol, test, label = (trials[name].unify_dictionaries() for name in ("enrol", "test", "label"))
    if (
        not len(trials)
        or any("" in _dictionary(ids) for ids in (enrol, test))
        or set(_dictionary(label)) - set(_LABELS)
    ):
        raise _malformed(path, layout) or InputError(f"{path}: expected trials, found none")
    values = np.array([_LABELS[name] for name in _dictionary(label)], dtype=np.int8)
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in label.chunks])
    return enrol, test, values[codes]


def _layout(path: Path, line: str) -> _Layout:
    """What the first line that is not blank tells of the file."""
    names = [name.strip().lower() for name in line.split(",")]
    known = [next((column for column, known in _SPELLINGS.items() if name in known), name) for name in names]
    if set(_SPELLINGS) <= set(known):
        if len(set(known)) < len(known):
            raise InputError(f"{path}: expected one column each of enrol, test and label, found {line.strip()!r}")
        return _Layout(tuple(known), ",", "enrol,test,label", has_header=True)
    fields = line.split()
    if len(fields) == 2:
        raise InputError(f"{path}: found two columns and no label, and labels are never invented: expected {_EXPECTED}")
    delimiter = "\t" if "\t" in line else " "
    if len(fields) == 3 and fields[2] in {"target", "nontarget"}:
        return _Layout(("enrol", "test", "label"), delimiter, "enrol test target|nontarget")
    if len(fields) == 3 and fields[0] in {"0", "1"}:
        return _Layout(("label", "enrol", "test"), delimiter, "1 enrol test")
    raise InputError(f"{path}, line 1: expected {_EXPECTED}, found {line.strip()[:80]!r}")


def _malformed(path: Path, layout: _Layout) -> InputError | None:
    """The error for the first line that does not fit, found by going through the file again."""
    allowed = (
        set(_LABELS) if layout.has_header else {"0", "1"} if layout.columns[0] == "label" else {"target", "nontarget"}
    )
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        if layout.has_header:
            rows = csv.reader(file)
            next(rows)
        else:
            rows = csv.reader(file, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
        for row in rows:
            named = dict(zip(layout.columns, row, strict=False))
            fits = len(row) == len(layout.columns) and all(named[column] for column in ("enrol", "test"))
            if row and not (fits and named["label"] in allowed):
                found = layout.delimiter.join(row)[:80]
                return InputError(f"{path}, line {rows.line_num}: expected `{layout.example}`, found {found!r}")
    return None


def _dictionary(column: pa.ChunkedArray) -> list[Any]:
    return column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
