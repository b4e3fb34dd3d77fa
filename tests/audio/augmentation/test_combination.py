from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from voxmetric.audio import augmentation
from voxmetric.audio.augmentation.augmentation import Augmentation
from voxmetric.audio.augmentation.combination import Chain, OneOf
from voxmetric.audio.augmentation.gain import Gain
from voxmetric.audio.augmentation.speed import Speed
from voxmetric.errors import InputError


class Add(Augmentation):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def apply(self, waveform, *_):
        return waveform + np.float32(self.value)


def test_a_chain_acts_in_order():
    chain = Chain([Add(1.0), Gain((20.0, 20.0)), Add(0.5)])
    np.testing.assert_allclose(chain(np.ones(4, dtype=np.float32), np.random.default_rng(0)), 20.5)


def test_an_empty_chain_changes_nothing(speech):
    chain = Chain([])
    assert chain(speech, np.random.default_rng(0)) is speech
    assert chain.input_samples(100) == 100


def test_a_chain_asks_for_what_all_its_parts_need():
    chain = Chain([Speed((1.1,)), Gain(), Speed((1.5,))])
    needed = chain.input_samples(16_000)
    assert needed == Speed((1.1,)).input_samples(24_000)
    assert len(chain(np.ones(needed, dtype=np.float32), np.random.default_rng(0))) >= 16_000


def test_one_of_draws_each_part_with_equal_chance():
    choice, rng = OneOf([Add(1.0), Add(2.0), Add(3.0), Add(4.0)], probability=0.8), np.random.default_rng(0)
    drawn = Counter(float(choice(np.zeros(1, dtype=np.float32), rng)[0]) for _ in range(5000))
    assert set(drawn) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert all(count == pytest.approx(1000, abs=120) for count in drawn.values())


def test_one_of_asks_for_what_its_hungriest_part_needs():
    assert OneOf([Gain(), Speed((0.9, 1.2))]).input_samples(1000) == 1200


def test_built_from_the_nested_mappings_of_a_recipe(speech):
    choice = augmentation.create(
        "one_of",
        sample_rate=8000,
        parts=[
            {"name": "gain", "decibels": [3, 3]},
            {"name": "chain", "parts": [{"name": "simulated_reverberation"}, {"name": "gain"}]},
        ],
    )
    assert choice.parts[1].parts[0].sample_rate == 8000
    assert choice(speech, np.random.default_rng(0)).shape == speech.shape


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(InputError, match="at least one augmentation"):
        OneOf([])
    with pytest.raises(InputError, match="did you mean 'gain'"):
        Chain([{"name": "gian"}])
