from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.errors import InputError
from voxmetric.losses.references.ring import Ring


@settings(deadline=None)
@given(st.integers(1, 7), st.lists(st.integers(0, 9), max_size=6))
def test_keeps_the_last_ones(size: int, pushes: list[int]) -> None:
    ring = Ring(size, 2)
    seen: list[int] = []
    for count in pushes:
        labels = torch.arange(len(seen), len(seen) + count)
        ring.push(torch.stack([labels.float(), -labels.float()], 1), labels)
        seen += labels.tolist()
    kept = ring.labels[: int(ring.filled)]
    assert sorted(kept.tolist()) == seen[-size:]
    assert torch.equal(ring.directions[: len(kept)], torch.stack([kept.float(), -kept.float()], 1))


def test_starts_with_random_directions_that_nobody_owns() -> None:
    ring = Ring(50, 8)
    torch.testing.assert_close(ring.directions.norm(dim=1), torch.ones(50))
    assert (ring.labels == torch.iinfo(torch.int64).min).all()


def test_refuses_to_keep_nothing() -> None:
    with pytest.raises(InputError, match="at least 1"):
        Ring(0, 8)
