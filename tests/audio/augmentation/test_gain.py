from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.augmentation.gain import Gain


def test_gain_is_drawn_uniformly_in_decibels(speech):
    gain, rng = Gain((-10.0, 20.0)), np.random.default_rng(0)
    levels = [20 * np.log10(np.linalg.norm(gain(speech, rng)) / np.linalg.norm(speech)) for _ in range(400)]
    assert min(levels) >= -10.001
    assert max(levels) <= 20.001
    assert np.mean(levels) == pytest.approx(5.0, abs=1.5)


def test_result_is_float32_and_the_argument_untouched(speech):
    before = speech.copy()
    louder = Gain((6.0, 6.0))(speech, np.random.default_rng(0))
    assert louder.dtype == np.float32
    np.testing.assert_allclose(louder, speech * 10 ** (6 / 20), rtol=1e-6)
    np.testing.assert_array_equal(speech, before)
