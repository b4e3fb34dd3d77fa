"""Text files of lines with a fixed number of fields parted by white space, read a column at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from voxmetric.errors import InputError


def read_fields(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields of every line that is not blank, as Arrow text arrays by name; the last one may hold blanks.

    Raises:
        InputError: naming the first line with fewer fields.
    """
    lines = pc.ascii_trim_whitespace(pa.array(path.read_text(encoding="utf-8-sig").split("\n"), type=pa.large_string()))
    numbers = np.flatnonzero(pc.not_equal(lines, "").to_numpy(zero_copy_only=False))
    fields = pc.ascii_split_whitespace(lines.take(pa.array(numbers)), max_splits=len(names) - 1)
    short = np.flatnonzero(pc.list_value_length(fields).to_numpy(zero_copy_only=False) < len(names))
    if len(short):
        line = int(numbers[short[0]])
        raise InputError(f"{path}, line {line + 1}: expected `{' '.join(names)}`, found {lines[line].as_py()[:80]!r}")
    return {name: pc.list_element(fields, place) for place, name in enumerate(names)}
