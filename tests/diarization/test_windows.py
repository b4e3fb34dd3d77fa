from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.windows import around, cover

STRETCHES = st.lists(st.tuples(st.floats(0.001, 9.0), st.floats(0.01, 5.0)), min_size=1, max_size=8)


@given(STRETCHES, st.sampled_from([(1.5, 0.75), (1.0, 1.0), (2.0, 0.3)]))
def test_windows_cover_their_regions_and_nothing_else(stretches: list[tuple[float, float]], sizes: tuple) -> None:
    times = np.cumsum(np.array(stretches).ravel()).reshape(-1, 2)
    regions, (window, hop) = Regions(times[:, 0], times[:, 1]), sizes
    starts, ends = cover(regions, window, hop)
    assert (np.diff(starts) > 0).all()
    assert (np.diff(ends) > 0).all()
    for start, end in times:
        inside = (starts >= start - 1e-9) & (ends <= end + 1e-9)
        np.testing.assert_allclose([starts[inside].min(), ends[inside].max()], [start, end])
        np.testing.assert_allclose((ends - starts)[inside], min(window, end - start))
        assert (np.diff(starts[inside]) <= hop + 1e-9).all()
    assert sum(((starts >= start - 1e-9) & (ends <= end + 1e-9)).sum() for start, end in times) == len(starts)


def test_windows_are_as_far_apart_as_asked_where_that_fits() -> None:
    starts, ends = cover(Regions.between([(0.0, 3.0)]), 1.5, 0.75)
    assert (starts.tolist(), ends.tolist()) == ([0.0, 0.75, 1.5], [1.5, 2.25, 3.0])


def test_other_windows_keep_the_centres_within_the_recording() -> None:
    starts, ends = around((np.array([0.0, 5.0]), np.array([1.0, 6.0])), 3.0, 10.0)
    assert (starts.tolist(), ends.tolist()) == ([0.0, 4.0], [3.0, 7.0])
    starts, ends = around((np.array([0.0]), np.array([1.0])), 3.0, 1.2)
    assert (starts.tolist(), ends.tolist()) == ([0.0], [1.2])
