"""Convolutions in tiles against the definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from voxmetric.encoders.inference import winograd
from voxmetric.encoders.inference.winograd import WinogradConvolution, transforms


@pytest.mark.parametrize("outputs", [4, 5])
def test_transforms_give_a_convolution_of_three_taps(outputs: int) -> None:
    output, weight, data = transforms(outputs)
    generator = np.random.default_rng(outputs)
    taps, samples = generator.standard_normal(3), generator.standard_normal(outputs + 2)
    expected = [sum(taps[k] * samples[i + k] for k in range(3)) for i in range(outputs)]
    np.testing.assert_allclose(output @ ((weight @ taps) * (data @ samples)), expected, atol=1e-12)
    # One multiplication for each sample: no way has fewer (Winograd 1980).
    assert len(weight) == len(data) == outputs + 2


@pytest.mark.parametrize(
    ("items", "rows", "frames"), [(1, 1, 1), (1, 5, 4), (3, 5, 23), (2, 10, 41), (5, 8, 9), (1, 13, 150), (2, 3, 2)]
)
@pytest.mark.parametrize("tiles_at_once", [1, 7, 160])
def test_tiles_give_the_convolution(
    items: int, rows: int, frames: int, tiles_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(winograd, "_TILES_AT_ONCE", tiles_at_once)
    torch.manual_seed(rows)
    images = torch.randn(items, 6, rows, frames)
    weight, bias = torch.randn(9, 6, 3, 3), torch.randn(9)
    convolution = WinogradConvolution(weight, bias, rows)
    expected = F.conv2d(images.double(), weight.double(), bias.double(), padding=1)
    for layout in (torch.contiguous_format, torch.channels_last):
        given = images.contiguous(memory_format=layout)
        found = convolution(given)
        assert found.shape == expected.shape
        torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(given, images, atol=0, rtol=0)


def test_a_part_of_a_larger_image_is_taken_as_it_lies() -> None:
    torch.manual_seed(0)
    larger = torch.randn(3, 6, 9, 40).contiguous(memory_format=torch.channels_last)
    images = larger[1:, :, 2:7, 3:31]
    weight = torch.randn(4, 6, 3, 3)
    found = WinogradConvolution(weight, torch.zeros(4), 5)(images)
    torch.testing.assert_close(found, F.conv2d(images, weight, padding=1), atol=1e-4, rtol=0)


@pytest.mark.parametrize("rows", [5, 8])
def test_little_precision_is_lost(rows: int) -> None:
    torch.manual_seed(0)
    images = torch.randn(2, 64, rows, 60).relu().contiguous(memory_format=torch.channels_last)
    weight, bias = torch.randn(64, 64, 3, 3) / 24, torch.zeros(64)
    exact = F.conv2d(images.double(), weight.double(), padding=1)

    def lost(found: torch.Tensor) -> float:
        return float((found - exact).square().mean().sqrt())

    direct = lost(F.conv2d(images, weight, padding=1))
    assert lost(WinogradConvolution(weight, bias, rows)(images)) < 5 * direct


@pytest.mark.parametrize(("num_rows", "height"), [(1, 4), (4, 4), (5, 5), (8, 4), (10, 5), (20, 5), (32, 4), (33, 5)])
def test_tiles_are_as_high_as_saves_most(num_rows: int, height: int) -> None:
    convolution = WinogradConvolution(torch.randn(2, 2, 3, 3), torch.zeros(2), num_rows)
    assert convolution.rows == height
    images = torch.zeros(3, 2, num_rows, 9)
    assert convolution.num_tiles(images) == 3 * -(-num_rows // height) * 3
