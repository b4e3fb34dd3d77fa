"""Arrow's columns, against plain lists."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.arrow import text_bytes, value_codes

texts = st.lists(st.text(max_size=4), max_size=8)


@given(values=texts, first=st.integers(0, 8), length=st.integers(0, 8))
def test_text_bytes_are_those_of_the_slice(values: list[str], first: int, length: int) -> None:
    array = pa.array(values, type=pa.large_string()).slice(min(first, len(values)), length)
    assert bytes(text_bytes(array)) == "".join(values[first : first + length]).encode()


@given(values=texts.filter(bool), cut=st.integers(0, 8))
def test_equal_values_have_equal_codes(values: list[str], cut: int) -> None:
    chunks = [pa.array(part, type=pa.large_string()) for part in (values[:cut], values[cut:])]
    found = value_codes(pa.chunked_array(chunks)).tolist()
    assert found == [list(dict.fromkeys(values)).index(value) for value in values]
