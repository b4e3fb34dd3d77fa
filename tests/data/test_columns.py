"""Checking columns: a naive version in a loop must find the same repeated id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.columns import checked_columns
from voxmetric.errors import InputError


@given(ids=st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8))
def test_the_first_repeated_id_is_named(ids: list[str]) -> None:
    repeated = next((row for row, name in enumerate(ids) if name in ids[:row]), None)
    columns = {"id": ids, "path": ["p"] * len(ids), "speaker": ["s"] * len(ids)}
    if repeated is None:
        assert checked_columns(columns, "made").column("id").to_pylist() == ids
    else:
        earlier = ids.index(ids[repeated]) + 1
        with pytest.raises(InputError, match=rf"row {repeated + 1}: .* found '{ids[repeated]}' in row {earlier} too"):
            checked_columns(columns, "made")


def test_values_get_the_type_of_their_column() -> None:
    columns = {"path": ["p", "q"], "speaker": [1, 2], "start": ["0.5", " 1e1 "], "snr": [3.5, None]}
    table = checked_columns(columns, "made")
    assert table.column("speaker").to_pylist() == ["1", "2"]
    assert table.column("start").to_pylist() == [0.5, 10.0]
    assert table.column("duration").to_pylist() == [None, None]
    assert table.column("snr").to_pylist() == ["3.5", ""]
