"""Which convolutions are computed in tiles, and that both forms do the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from voxmetric.encoders.inference.convolution import Convolution
from voxmetric.encoders.inference.winograd import FEWEST_CHANNELS

needs_mkl = pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="tiles are for builds of torch with MKL")


def layers(channels: int, **options: Any) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    torch.manual_seed(0)
    given = {"kernel_size": 3, "padding": 1, "bias": False} | options
    normalization = nn.BatchNorm2d(channels).eval()
    nn.init.normal_(normalization.bias)
    assert normalization.running_var is not None
    nn.init.uniform_(normalization.running_var, 0.0, 1e-4)  # about as large as what is added to it
    return nn.Conv2d(channels, channels, **given), normalization


def made(channels: int, dtype: torch.dtype = torch.float32, relu: bool = False, **options: Any) -> Convolution:
    return Convolution(*layers(channels, **options), num_rows=5, relu=relu, dtype=dtype)


@needs_mkl
def test_tiles_are_for_wide_plain_convolutions_in_float32() -> None:
    assert made(FEWEST_CHANNELS).tiled is not None
    for other in (
        made(FEWEST_CHANNELS - 16),
        made(FEWEST_CHANNELS, torch.bfloat16),
        made(FEWEST_CHANNELS, stride=2),
        made(FEWEST_CHANNELS, kernel_size=1, padding=0),
        made(FEWEST_CHANNELS, padding=(0, 1)),
    ):
        assert other.tiled is None


@needs_mkl
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("frames", "bias"), [(8, False), (200, False), (200, True)])
def test_both_forms_give_the_same(relu: bool, frames: int, bias: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    convolution = made(FEWEST_CHANNELS, relu=relu, bias=bias)
    images = torch.randn(2, FEWEST_CHANNELS, 5, frames).contiguous(memory_format=torch.channels_last)
    shortcut = torch.randn_like(images)
    tiles: list[int] = []
    tiled = convolution.tiled
    assert tiled is not None
    monkeypatch.setattr(convolution, "tiled", _Counted(tiled, tiles))
    with torch.inference_mode():
        torch.testing.assert_close(convolution(images), convolution.direct(images), atol=1e-2, rtol=1e-5)
        if not relu:
            expected = F.relu(convolution.direct(images) + shortcut)
            torch.testing.assert_close(convolution.added_to(shortcut, images), expected, atol=1e-2, rtol=1e-5)
        plain, normalization = layers(FEWEST_CHANNELS, bias=bias)
        expected = normalization(plain(images))
        found = convolution(images)
        torch.testing.assert_close(found, expected.relu() if relu else expected, atol=1e-2, rtol=1e-5)
    # A few frames are computed directly.
    assert bool(tiles) == (frames == 200)


class _Counted:
    def __init__(self, inner: Any, calls: list[int]) -> None:
        self.inner, self.calls = inner, calls

    def num_tiles(self, images: torch.Tensor) -> int:
        return int(self.inner.num_tiles(images))

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        self.calls.append(len(images))
        return self.inner(images)  # type: ignore[no-any-return]
