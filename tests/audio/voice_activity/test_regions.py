from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.audio.voice_activity import Regions
from voxmetric.errors import InputError

PAIRS = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20)), max_size=12)


@given(PAIRS)
def test_regions_cover_what_the_stretches_cover(pairs: list[tuple[int, int]]) -> None:
    covered = np.zeros(120, dtype=bool)
    for start, length in pairs:
        covered[start : start + length] = True
    regions = Regions.between((start, start + length) for start, length in pairs)
    again = np.zeros(120, dtype=bool)
    for start, end in zip(regions.starts, regions.ends, strict=True):
        again[int(start) : int(end)] = True
    assert (again == covered).all()
    assert regions.total == covered.sum()
    assert (regions.starts[1:] > regions.ends[:-1]).all()


def test_regions_are_joined_cut_padded_and_chosen() -> None:
    regions = Regions.between([(1, 2), (2.05, 3), (5, 5.1), (8, 9)])
    assert regions.without_gaps(0.1).starts.tolist() == [1, 5, 8]
    assert regions.at_least(0.5).starts.tolist() == [1, 2.05, 8]
    assert regions.padded(0.5, 9.2).ends.tolist() == [3.5, 5.6, 9.2]
    assert regions.padded(2.0, 9.2).starts.tolist() == [0]
    assert regions.within(8.5).ends.tolist() == [2, 3, 5.1, 8.5]
    assert len(Regions.between([]).padded(1.0, 2.0)) == 0


@pytest.mark.parametrize("pair", [(2.0, 1.0), (-1.0, 1.0), (0.0, np.inf), (np.nan, 1.0)])
def test_times_that_are_no_regions_are_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="start <= end"):
        Regions.between([pair])
