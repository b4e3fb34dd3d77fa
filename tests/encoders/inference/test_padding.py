"""Padding cleared in place against padding filled in a copy, and few sizes for many lengths."""

from __future__ import annotations

import pytest
import torch

from voxmetric.audio.features.masking import fill_padding, reflect
from voxmetric.encoders.inference.padding import Padding, with_few_sizes


@pytest.mark.parametrize("fill", [0.0, -torch.inf])
@pytest.mark.parametrize("lengths", [None, [5, 5, 5], [5, 1, 3], [2, 2, 2]])
@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 5), (3, 4, 2, 5)])
def test_clearing_in_place_equals_filling_a_copy(
    shape: tuple[int, ...], lengths: list[int] | None, fill: float
) -> None:
    values = torch.randn(shape)
    given = None if lengths is None else torch.tensor(lengths)
    expected = fill_padding(values, given, fill)
    padding = Padding(given, 5)
    for layout in (values.clone(), values.transpose(1, -1).contiguous().transpose(1, -1)):
        assert padding.clear_(layout, fill) is layout
        torch.testing.assert_close(layout, expected, atol=0, rtol=0)
    assert padding.counts.squeeze(1).tolist() == ([5.0] if lengths is None else [float(each) for each in lengths])


@pytest.mark.parametrize("lengths", [None, [9, 9, 9], [9, 5, 7], [5, 5, 5]])
@pytest.mark.parametrize("shape", [(3, 9), (3, 4, 9)])
def test_each_item_is_mirrored_around_its_own_ends(shape: tuple[int, ...], lengths: list[int] | None) -> None:
    values = torch.randn(shape)
    given = None if lengths is None else torch.tensor(lengths)
    room = torch.nn.functional.pad(values, (4, 4))
    Padding(given, 9).mirror_(room, 4)
    for row in range(3):
        end = 4 + (9 if lengths is None else lengths[row]) + 4
        expected = reflect(values, given, 4, 4)[row, ..., :end]
        torch.testing.assert_close(room[row, ..., :end], expected, atol=0, rtol=0)


def test_many_lengths_come_to_few_sizes() -> None:
    sizes = set()
    for num_frames in range(1, 1025):
        features = torch.randn(2, 1, num_frames)
        for lengths in (None, torch.tensor([num_frames, max(1, num_frames - 3)])):
            made_up, found = with_few_sizes(features, lengths)
            size = made_up.shape[2]
            assert num_frames <= size <= num_frames * (1 + 1 / 16)
            torch.testing.assert_close(made_up[..., :num_frames], features, atol=0, rtol=0)
            assert not made_up[..., num_frames:].any()
            if lengths is not None:
                assert found is lengths
            elif size == num_frames:
                assert found is None
            else:
                assert found is not None
                assert found.tolist() == [num_frames, num_frames]
            sizes.add(size)
    assert len([size for size in sizes if 512 < size <= 1024]) == 16
