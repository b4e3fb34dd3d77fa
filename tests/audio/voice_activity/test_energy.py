from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.voice_activity.energy import energy
from voxmetric.errors import InputError

RATE = 16_000


def bursts(noise: float, seconds: float = 20.0) -> np.ndarray:
    """Noise at a level with louder bursts from 3 to 6 s and from 10 to 12 s."""
    rng = np.random.default_rng(0)
    samples = noise * rng.standard_normal(int(seconds * RATE))
    for start, end in ((3, 6), (10, 12)):
        samples[start * RATE : end * RATE] += 0.1 * rng.standard_normal((end - start) * RATE)
    return samples.astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 1e-4, 1e-3, 1e-2, 3e-2])
def test_bursts_are_found_whatever_the_noise(noise: float) -> None:
    regions = energy([bursts(noise)]).regions()
    np.testing.assert_allclose(np.stack((regions.starts, regions.ends), axis=1), [[3, 6], [10, 12]], atol=0.2)


@pytest.mark.parametrize("level", [0.0, 1e-5, 1e-3, 0.1, 0.5])
def test_constant_noise_is_no_speech(level: float) -> None:
    noise = level * np.random.default_rng(1).standard_normal(40 * RATE).astype(np.float32)
    assert len(energy([noise]).regions()) == 0


def test_noise_that_becomes_louder_is_still_no_speech() -> None:
    rng = np.random.default_rng(2)
    level = np.repeat([1e-3, 2e-3], 60 * RATE)
    samples = (level * rng.standard_normal(len(level))).astype(np.float32)
    samples[20 * RATE : 22 * RATE] += 0.1 * rng.standard_normal(2 * RATE).astype(np.float32)
    regions = energy([samples]).regions()
    np.testing.assert_allclose([regions.starts, regions.ends], [[20], [22]], atol=0.2)


def test_the_cut_into_blocks_makes_no_difference() -> None:
    samples = bursts(1e-3)
    whole = energy([samples])
    pieces = energy(np.split(samples, [5, 777, 100_000, 100_001]))
    np.testing.assert_allclose(pieces.probabilities, whole.probabilities, atol=1e-4)
    assert pieces.duration == whole.duration == 20.0


def test_nothing_to_hear() -> None:
    assert len(energy([]).regions()) == 0
    assert len(energy([np.zeros(3, np.float32)]).regions()) == 0


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="range_share"):
        energy([], range_share=1.5)
