from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.augmentation.mixing import mix, power, unit_power


@pytest.mark.parametrize("level", [1.0, 1e-4, 1e-10])
@pytest.mark.parametrize("decibels", [-5.0, 0.0, 20.0])
def test_ratio_holds_at_any_level(speech, level, decibels):
    quiet = speech * np.float32(level)
    noise = np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    added = mix(quiet, noise, decibels).astype(np.float64) - quiet
    ratio = 10 * np.log10(np.mean(quiet.astype(np.float64) ** 2) / np.mean(added**2))
    assert ratio == pytest.approx(decibels, abs=0.01)


def test_nothing_is_added_to_or_from_silence(speech):
    silence = np.zeros_like(speech)
    np.testing.assert_array_equal(mix(silence, speech, 0.0), silence)
    np.testing.assert_array_equal(mix(speech, silence, 0.0), speech)
    np.testing.assert_array_equal(unit_power(silence), silence)


def test_unit_power(speech):
    assert power(speech) == pytest.approx(np.mean(speech.astype(np.float64) ** 2))
    assert power(unit_power(speech * np.float32(1e-6))) == pytest.approx(1.0)
