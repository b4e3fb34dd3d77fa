"""The toolkit's own table: a CSV file with a header, or a Parquet file."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


class TableFile:
    """A `.csv` or `.parquet` file with the columns `path` and `speaker`, and `id`, `session`, `start`, `duration`,
    `split` and free ones where there are."""

    def matches(self, path: Path) -> bool:
        return path.is_file() and path.suffix in {".csv", ".parquet"}

    def read(self, path: Path, audio_folder: Path | None) -> UtteranceTable:
        try:
            columns = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else _read_csv(path)
        except pa.ArrowException as error:
            reason = " ".join(str(error).split())
            raise InputError(f"cannot read {path}: {reason[:200]}; mend the file") from error
        named = dict(zip(columns.column_names, columns.columns, strict=True))
        return UtteranceTable.from_columns(named, audio_folder or path.parent, path.name)


def _read_csv(path: Path) -> pa.Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file), [])
    if len(set(names)) < len(names):
        raise InputError(f"{path}: expected every column once, found the header {','.join(names)}")
    # Everything is read as text: a speaker called 007 is not the number 7. One thread, so that errors name the row.
    return pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False
        ),
    )
