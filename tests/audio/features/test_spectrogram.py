"""The spectrogram against a Fourier sum over each frame."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from voxmetric.audio import features

RATE, FRAME, HOP, POINTS = 8000, 40, 16, 64


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("remove_offset", [False, True])
def test_a_fourier_sum_over_each_frame(power: int, remove_offset: bool) -> None:
    front_end = features.create(
        "spectrogram",
        sample_rate=RATE,
        frame_seconds=FRAME / RATE,
        hop_seconds=HOP / RATE,
        fft_size=POINTS,
        edges="snip",
        power=power,
        remove_offset=remove_offset,
        normalization="none",
    )
    waveform = 0.3 + np.random.default_rng(0).uniform(-0.5, 0.5, 200)
    times = np.arange(FRAME)
    window = 0.54 - 0.46 * np.cos(2 * np.pi * times / FRAME)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(POINTS // 2 + 1), times) / POINTS)
    expected = []
    for first in range(0, len(waveform) - FRAME + 1, HOP):
        frame = waveform[first : first + FRAME]
        frame = frame - frame.mean() if remove_offset else frame
        expected.append(np.abs(waves @ (window * frame)) ** power)
    found, lengths = front_end(torch.from_numpy(waveform[None]).float())
    assert lengths is None
    assert found.shape == (1, front_end.num_features, len(expected)) == (1, 33, 11)
    np.testing.assert_allclose(found[0].T.numpy(), expected, atol=1e-4)


def test_a_tone_is_loudest_at_its_frequency() -> None:
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(RATE) / RATE)[None]
    front_end = features.create("spectrogram", sample_rate=RATE, edges="snip", normalization="none")
    assert (front_end(tone)[0][0].argmax(dim=0) == 1000 * 512 // RATE).all()
