"""SincNet and x-vector: published sizes and lengths, and what the filters pass."""

from __future__ import annotations

import pytest
import torch

from voxmetric import encoders
from voxmetric.encoders.sinc_filters import SincFilters


def test_size_and_lengths() -> None:
    encoder = encoders.create("sincnet_x_vector").eval()
    assert encoder.num_parameters == 4_342_898
    counts = []
    for module in (encoder.trunk.convolutions[0], encoder.trunk.norms[2], encoder.trunk.network):  # type: ignore[union-attr,index]
        module.register_forward_hook(
            lambda _, __, output: counts.append((output[0] if isinstance(output, tuple) else output).shape[-1])
        )
    encoder(torch.randn(1, 48000))
    assert counts == [9550, 351, 337]


def test_a_filter_passes_its_band_and_stops_the_rest() -> None:
    filters = SincFilters()
    response = torch.fft.rfft(filters.filters().detach().double(), n=16000).abs()
    low = 50 + filters.low.detach().abs().squeeze(1)
    high = low + 50 + filters.band.detach().abs().squeeze(1)
    frequency = torch.arange(response.shape[1])
    wide = (high - low) > 150
    # A Hamming window of 251 taps blurs the edges by about 130 Hz.
    inside = (frequency > low[:, None] + 130) & (frequency < high[:, None] - 130)
    outside = (frequency < low[:, None] - 130) | (frequency > high[:, None] + 130)
    gain = response * (high - low)[:, None] * 2 / 16000
    passed = gain[inside]
    assert wide.sum() > 10
    torch.testing.assert_close(passed, torch.ones_like(passed), atol=0.02, rtol=0)
    assert gain[outside].max() < 0.02


def test_first_filter_starts_low_and_the_last_ends_below_half_the_rate() -> None:
    for sample_rate in (8000, 16000):
        filters = SincFilters(sample_rate=sample_rate)
        low, band = filters.low.detach(), filters.band.detach()
        assert low[0].item() == pytest.approx(30)
        assert (low[-1] + band[-1]).item() == pytest.approx(sample_rate / 2 - 100)


def test_sample_rate_follows_the_front_end() -> None:
    encoder = encoders.create("sincnet_x_vector", front_end={"sample_rate": 8000}, channels=(8, 8, 8, 8, 8))
    assert encoder.sample_rate == 8000
    assert encoder.trunk.convolutions[0].highest == 4000  # type: ignore[union-attr,index]
