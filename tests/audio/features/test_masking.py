"""Padding cleared in place against padding filled in a copy, and each item mirrored by itself."""

from __future__ import annotations

import pytest
import torch

from voxmetric.audio.features.masking import clear_padding_, fill_padding, reflect


@pytest.mark.parametrize("lengths", [None, [5, 5, 5], [5, 1, 3], [2, 2, 2]])
@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5), (3, 4, 2, 5)])
def test_clearing_in_place_equals_filling_a_copy(shape: tuple[int, ...], lengths: list[int] | None) -> None:
    values = torch.randn(shape)
    given = None if lengths is None else torch.tensor(lengths)
    expected = fill_padding(values, given)
    for layout in (values.clone(), values.transpose(1, -1).contiguous().transpose(1, -1)):
        assert clear_padding_(layout, given) is layout
        torch.testing.assert_close(layout, expected, atol=0, rtol=0)


@pytest.mark.parametrize("behind", [0, 3])
@pytest.mark.parametrize("shape", [(3, 9), (3, 4, 9)])
def test_each_item_is_mirrored_around_its_own_ends(shape: tuple[int, ...], behind: int) -> None:
    values = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    for lengths in (None, torch.tensor([9, 5, 7]), torch.tensor([5, 5, 6])):
        found = reflect(values, lengths, 4, 3, behind)
        assert found.shape == (*shape[:-1], 4 + shape[-1] + 3 + behind)
        assert found.isfinite().all()
        for row in range(3):
            end = shape[-1] if lengths is None else int(lengths[row])
            one = values[row, ..., :end].reshape(1, -1, end)
            expected = torch.nn.functional.pad(one, (4, 3), mode="reflect").reshape(*shape[1:-1], -1)
            torch.testing.assert_close(found[row, ..., : 4 + end + 3], expected, atol=0, rtol=0)
        assert torch.autograd.gradcheck(lambda given, ends=lengths: reflect(given, ends, 4, 3, behind), values)
