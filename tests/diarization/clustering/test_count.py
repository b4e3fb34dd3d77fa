"""Bounds of the number of clusters."""

from __future__ import annotations

import pytest

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.errors import InputError


@pytest.mark.parametrize(
    ("asked", "bounds", "given"),
    [
        ((9,), (1, 9), None),
        ((9, 4), (4, 4), 4),
        ((9, None, 2, 5), (2, 5), None),
        ((9, None, 2, 50), (2, 9), None),
        ((9, None, 3, 3), (3, 3), 3),
        ((1,), (1, 1), 1),
    ],
)
def test_bounds(asked: tuple[int, ...], bounds: tuple[int, int], given: int | None) -> None:
    count = SpeakerCount.of(*asked)
    assert (count.least, count.most) == bounds
    assert count.given == given
    assert [count.nearest(number) for number in (0, bounds[0], bounds[1], 99)] == [*bounds[:1], *bounds, bounds[1]]


@pytest.mark.parametrize(
    ("asked", "message"),
    [((9, 0), "1 <= min"), ((9, None, 5, 4), "found 5 and 4"), ((3, 4), "found 3 for 4"), ((3, None, 4), "embeddings")],
)
def test_bounds_that_cannot_be_are_refused(asked: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SpeakerCount.of(*asked)


def test_a_lower_largest_number_never_falls_below_the_least() -> None:
    assert SpeakerCount(3, 10).up_to(5) == SpeakerCount(3, 5)
    assert SpeakerCount(3, 10).up_to(20) == SpeakerCount(3, 10)
    assert SpeakerCount(3, 10).up_to(2) == SpeakerCount(3, 3)
