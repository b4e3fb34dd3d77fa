from __future__ import annotations

import numpy as np
import pytest

from voxmetric.scoring.quality import RecordingQuality, measure_quality, trial_qualities

RATE = 16_000


def test_levels_of_bursts_over_noise():
    rng = np.random.default_rng(0)
    noise = 0.001 * rng.standard_normal(RATE)
    bursts = np.where(np.arange(RATE) // 4_000 % 2 == 0, 0.1 * rng.standard_normal(RATE), noise)
    quality = measure_quality([bursts.astype(np.float32)], RATE)
    assert quality.seconds == 1.0
    assert quality.level == pytest.approx(-20.0, abs=1.5)
    assert quality.signal_to_noise == pytest.approx(40.0, abs=2.0)
    assert quality.clipped == 0.0


def test_blocks_do_not_matter():
    samples = (0.1 * np.random.default_rng(1).standard_normal(RATE)).astype(np.float32)
    assert measure_quality(np.split(samples, 5), RATE) == measure_quality([samples], RATE)


def test_clipping_silence_and_nothing():
    clipped = np.ones(1_000, dtype=np.float32)
    assert measure_quality([clipped], RATE).clipped == 1.0
    silent = measure_quality([np.zeros(1_000, dtype=np.float32)], RATE)
    assert (silent.level, silent.signal_to_noise) == (-100.0, 0.0)
    assert measure_quality([], RATE).seconds == 0.0


def test_measures_of_a_trial():
    recordings = [RecordingQuality(2.0, -20.0, 30.0, 0.0), RecordingQuality(8.0, -20.0, 10.0, 0.0)]
    found = trial_qualities(recordings, np.array([0, 1, 1]), np.array([0, 0, 1]))
    expected = [[np.log(2), 0.0, 3.0], [np.log(2), np.log(4), 1.0], [np.log(8), 0.0, 1.0]]
    np.testing.assert_allclose(found, expected)
