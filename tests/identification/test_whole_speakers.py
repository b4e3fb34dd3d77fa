from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.identification.whole_speakers import parts_of_whole_speakers


def naive_parts(codes: list[int], most: int) -> list[list[int]]:
    """One speaker after the other: a part that has no room for the next one is complete."""
    parts: list[list[int]] = []
    for speaker in sorted(set(codes)):
        rows = [row for row, code in enumerate(codes) if code == speaker]
        if parts and len(parts[-1]) + len(rows) <= most:
            parts[-1] += rows
        else:
            parts.append(rows)
    return parts


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 20))
def test_parts_equal_those_filled_speaker_by_speaker(codes, most):
    found = [rows.tolist() for rows in parts_of_whole_speakers(np.array(codes, dtype=np.int64), most)]
    assert found == naive_parts(codes, most)
