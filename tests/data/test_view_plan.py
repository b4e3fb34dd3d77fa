from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.view_plan import ViewPlan
from voxmetric.errors import InputError


@given(
    length=st.integers(0, 400),
    size=st.integers(1, 60),
    local=st.integers(1, 60),
    count=st.integers(2, 4),
    disjoint=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_views_lie_within_the_recording(length, size, local, count, disjoint, seed):
    plan = ViewPlan(1.0, count, local_count=3, disjoint=disjoint)
    offsets = plan.offsets(length, size, local, np.random.default_rng(seed))
    assert offsets.shape == (count + 3,)
    assert offsets.dtype == np.int64
    sizes = np.array([size] * count + [local] * 3)
    assert (offsets >= 0).all()
    assert (offsets <= np.where(length >= sizes, length - sizes, max(0, length - 1))).all()
    if disjoint and length >= count * size:
        assert np.diff(np.sort(offsets[:count])).min() >= size


def test_all_disjoint_placements_are_equally_likely():
    plan, rng = ViewPlan(1.0, 3, disjoint=True), np.random.default_rng(0)
    length, size = 9, 2
    drawn = Counter(tuple(plan.offsets(length, size, 1, rng).tolist()) for _ in range(12_000))
    possible = {
        order
        for places in combinations(range(length - size + 1), 3)
        if min(np.diff(places)) >= size
        for order in ((places[a], places[b], places[c]) for a in range(3) for b in range(3) for c in {0, 1, 2} - {a, b})
        if len(set(order)) == 3
    }
    assert set(drawn) == possible  # 20 sets in 6 orders
    expected = 12_000 / len(possible)
    chi_squared = sum((drawn[one] - expected) ** 2 / expected for one in possible)
    assert chi_squared < 119 + 4 * np.sqrt(2 * 119)


def test_independent_views_are_uniform_over_all_positions():
    plan, rng = ViewPlan(1.0), np.random.default_rng(0)
    drawn = Counter(tuple(plan.offsets(6, 4, 1, rng).tolist()) for _ in range(9000))
    assert set(drawn) == {(a, b) for a in range(3) for b in range(3)}
    np.testing.assert_allclose(list(drawn.values()), 1000, atol=130)


def test_views_of_a_recording_too_short_for_disjoint_ones_are_spread_over_it():
    rng = np.random.default_rng(0)
    drawn = {tuple(ViewPlan(1.0, 2, disjoint=True).offsets(150, 100, 1, rng).tolist()) for _ in range(30)}
    assert drawn == {(0, 50), (50, 0)}
    three = np.sort(ViewPlan(1.0, 3, disjoint=True).offsets(200, 100, 1, rng))
    assert three.tolist() == [0, 50, 100]


def test_views_of_a_recording_shorter_than_one_begin_opposite_each_other():
    rng, plan = np.random.default_rng(0), ViewPlan(1.0, 2, disjoint=True)
    drawn = np.array([plan.offsets(40, 100, 1, rng) for _ in range(200)])
    assert set((np.diff(drawn, axis=1) % 40).ravel().tolist()) == {20}
    assert len(set(drawn[:, 0].tolist())) > 30


def test_lengths_name_global_views_first():
    assert ViewPlan(3.0, 2, 1.5, 3).lengths == (3.0, 3.0, 1.5, 1.5, 1.5)


@pytest.mark.parametrize("options", [{"seconds": 0.0}, {"seconds": 1.0, "local_seconds": -1.0}])
def test_lengths_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="the length of views must be above 0 seconds"):
        ViewPlan(**options)


@pytest.mark.parametrize("options", [{"count": 1}, {"local_count": -1}])
def test_counts_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="at least 2 global views"):
        ViewPlan(1.0, **options)
