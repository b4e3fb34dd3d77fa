from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.augmentation import checked_range
from voxmetric.audio.augmentation.gain import Gain
from voxmetric.errors import InputError


def test_probability_is_the_share_of_changed_waveforms(speech, rng):
    quarter = Gain((1.0, 6.0), probability=0.25)
    changed = [quarter(speech, rng) is not speech for _ in range(2000)]
    assert np.mean(changed) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_probability_outside_the_unit_interval_is_refused(probability):
    with pytest.raises(InputError, match=r"probability must lie in \[0, 1\]"):
        Gain(probability=probability)


@pytest.mark.parametrize("bounds", [(3, 1), (0,), (0, 1, 2), (0, math.inf), "ab", 5, (-1, 2)])
def test_ranges_are_checked(bounds):
    with pytest.raises(InputError, match="rate must be two finite numbers, low and high, the lower at least 0"):
        checked_range("rate", bounds, lowest=0)


def test_lists_from_a_recipe_are_ranges():
    assert checked_range("snr", [0, 15]) == (0, 15)


def test_created_by_name_with_the_rate_passed_on():
    assert augmentation.create("simulated_reverberation", sample_rate=8000).sample_rate == 8000
    assert augmentation.create("gain", decibels=[-3, 3]).decibels == (-3, 3)


def test_all_names_have_a_summary_and_can_be_loaded():
    for name, summary in augmentation.available().items():
        assert summary
        assert callable(augmentation.augmentations.load(name))


def test_unknown_names_and_options_are_refused():
    with pytest.raises(InputError, match="did you mean 'noise'"):
        augmentation.create("nois")
    with pytest.raises(InputError, match="did you mean 'decibels'"):
        augmentation.create("gain", decibel=(0, 1))
    with pytest.raises(InputError, match="needs folder"):
        augmentation.create("noise")


def test_created_from_the_mappings_of_a_recipe():
    made = augmentation.create_all([{"name": "gain", "probability": 0.5}, {"name": "speed"}])
    assert [type(part).__name__ for part in made] == ["Gain", "Speed"]
    assert made[0].probability == 0.5
    with pytest.raises(InputError, match="a mapping with its name and options, found 'gain'"):
        augmentation.create_all(["gain"])


def test_listing_imports_no_signal_processing(run_python):
    code = "from voxmetric.audio import augmentation; import sys; augmentation.available(); print(*sys.modules)"
    assert not {"scipy.signal", "soxr", "torch"} & set(run_python(code).split())


@pytest.fixture
def run_python():
    def run(code: str) -> str:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    return run
