from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.data.corpora.text_fields import read_fields
from voxmetric.errors import InputError


def test_fields_are_read_by_column_and_the_last_may_hold_blanks(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes("\ufeffa  1 two words\r\n\n \tb\t2   x\n".encode())
    found = read_fields(path, ("id", "number", "text"))
    assert {name: column.to_pylist() for name, column in found.items()} == {
        "id": ["a", "b"],
        "number": ["1", "2"],
        "text": ["two words", "x"],
    }


def test_the_first_short_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("a 1\n\nb\nc\n")
    with pytest.raises(InputError, match=r"list, line 3: expected `id number`, found 'b'"):
        read_fields(path, ("id", "number"))
