"""A stream at another rate is the whole at another rate, however it is cut."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from voxmetric.audio.live.resampled import Resampled


@pytest.mark.parametrize("rates", [(8000, 16000), (44100, 16000), (16000, 16000)])
@pytest.mark.parametrize("step", [100, 5000])
def test_pieces_are_the_whole(rates: tuple[int, int], step: int) -> None:
    samples = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    stream = Resampled(*rates)
    pieces = [stream.add(samples[first : first + step]) for first in range(0, len(samples), step)]
    found = np.concatenate([*pieces, stream.finish()])
    expected = samples if rates[0] == rates[1] else soxr.resample(samples, *rates)
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, atol=1e-4)
