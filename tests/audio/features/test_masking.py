"""Padding cleared in place against padding filled in a copy."""

from __future__ import annotations

import pytest
import torch

from voxmetric.audio.features.masking import clear_padding_, fill_padding


@pytest.mark.parametrize("lengths", [None, [5, 5, 5], [5, 1, 3], [2, 2, 2]])
@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5), (3, 4, 2, 5)])
def test_clearing_in_place_equals_filling_a_copy(shape: tuple[int, ...], lengths: list[int] | None) -> None:
    values = torch.randn(shape)
    given = None if lengths is None else torch.tensor(lengths)
    expected = fill_padding(values, given)
    for layout in (values.clone(), values.transpose(1, -1).contiguous().transpose(1, -1)):
        assert clear_padding_(layout, given) is layout
        torch.testing.assert_close(layout, expected, atol=0, rtol=0)
