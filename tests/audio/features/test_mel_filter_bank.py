"""Filter banks: triangles drawn one by one, and published edge values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from voxmetric.audio.features.mel_filter_bank import MelFilters, mel_filter_bank
from voxmetric.errors import InputError


def bank(kind: MelFilters, num_mels: int = 40, low: float = 0.0, high: float = 8000.0) -> np.ndarray:
    filters = mel_filter_bank(
        kind, num_mels=num_mels, num_bins=257, sample_rate=16000, low_frequency=low, high_frequency=high
    )
    return filters.numpy()


def mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def hertz(value: float) -> float:
    return float(700 * (10 ** (value / 2595) - 1))


@pytest.mark.parametrize("kind", ["hertz", "mel", "symmetric"])
def test_triangles_one_by_one(kind: MelFilters) -> None:
    low, high, num_mels = 20.0, 7600.0, 24
    step = (mel(high) - mel(low)) / (num_mels + 1)
    expected = np.zeros((257, num_mels))
    for column in range(num_mels):
        left, middle, right = (mel(low) + (column + corner) * step for corner in range(3))
        for row in range(257):
            at = row * 8000 / 256
            if kind == "mel":
                up, down = (mel(at) - left) / step, (right - mel(at)) / step
            elif kind == "hertz":
                up = (at - hertz(left)) / (hertz(middle) - hertz(left))
                down = (hertz(right) - at) / (hertz(right) - hertz(middle))
            else:
                slope = (at - hertz(middle)) / (hertz(middle) - hertz(left))
                up, down = 1 + slope, 1 - slope
            expected[row, column] = max(0.0, min(up, down))
    # The factor 1127 ln of the code and 2595 log10 of this test agree to five digits.
    np.testing.assert_allclose(bank(kind, num_mels, low, high), expected, atol=2e-4)


def test_neighbouring_triangles_add_to_one_between_the_outer_centres() -> None:
    for kind in ("hertz", "mel"):
        total = bank(kind).sum(1)  # type: ignore[arg-type]
        np.testing.assert_allclose(total[4:240], 1, atol=1e-12)


def test_slaney_filters_have_unit_area_and_equal_spacing_below_one_kilohertz() -> None:
    filters = mel_filter_bank(
        "slaney", num_mels=40, num_bins=65537, sample_rate=16000, low_frequency=0, high_frequency=8000
    )
    np.testing.assert_allclose(filters.sum(0) * (8000 / 65536), 1, atol=1e-3)
    peaks = filters.argmax(0) * (8000 / 65536)
    spacing = torch.diff(peaks[peaks < 1000])
    np.testing.assert_allclose(spacing, spacing[0], atol=0.5)


def test_kaldi_leaves_out_half_the_sample_rate() -> None:
    assert (bank("mel")[-1] == 0).all()


@pytest.mark.parametrize(("low", "high"), [(-1, 8000), (4000, 4000), (0, 8001)])
def test_edges_outside_the_spectrum_are_refused(low: float, high: float) -> None:
    with pytest.raises(InputError, match="half the sample rate"):
        bank("hertz", low=low, high=high)


def test_unknown_kind() -> None:
    with pytest.raises(InputError, match="valid: hertz, mel, slaney, symmetric"):
        bank("htk")  # type: ignore[arg-type]
