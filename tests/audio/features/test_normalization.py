"""Normalisation over time against loops over frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from voxmetric.audio.features.normalization import Normalization, normalize

LENGTHS = torch.tensor([50, 37, 9, 1])


def features() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, 3, 50, generator=generator, dtype=torch.float64) * 3 + 1000


def naive(values: np.ndarray, kind: str, frames_each_side: int | None) -> np.ndarray:
    out = np.empty_like(values)
    for at in range(values.shape[1]):
        first = 0 if frames_each_side is None else max(0, at - frames_each_side)
        behind = values.shape[1] if frames_each_side is None else at + frames_each_side + 1
        window = values[:, first:behind]
        out[:, at] = values[:, at] - window.mean(1)
        if kind == "mean_variance":
            unbiased = frames_each_side is not None and window.shape[1] > 1
            out[:, at] /= np.sqrt(window.var(1, ddof=int(unbiased)) + 1e-5)
    return out


@pytest.mark.parametrize("kind", ["mean", "mean_variance"])
@pytest.mark.parametrize("frames_each_side", [None, 1, 10, 150])
def test_statistics_of_own_frames_only(kind: Normalization, frames_each_side: int | None) -> None:
    values = features()
    found = normalize(values, LENGTHS, kind, frames_each_side)
    for row, length, result in zip(values, LENGTHS, found, strict=True):
        np.testing.assert_allclose(
            result[:, :length], naive(row[:, :length].numpy(), kind, frames_each_side), atol=1e-8
        )
        assert (result[:, length:] == 0).all()


def test_whole_recording_is_instance_normalisation() -> None:
    values = features()
    expected = torch.nn.functional.instance_norm(values)
    torch.testing.assert_close(normalize(values, None, "mean_variance", None), expected)


def test_sliding_keeps_its_digits_in_float32() -> None:
    values = torch.randn(1, 2, 20000, dtype=torch.float64) + 5000
    exact = normalize(values, None, "mean_variance", 150)
    # float32 itself resolves 5000 to 0.0005.
    torch.testing.assert_close(normalize(values.float(), None, "mean_variance", 150).double(), exact, atol=2e-3, rtol=0)


def test_none_only_clears_the_padding() -> None:
    found = normalize(features(), LENGTHS, "none", None)
    assert (found[1, :, 37:] == 0).all()
    torch.testing.assert_close(found[1, :, :37], features()[1, :, :37])
