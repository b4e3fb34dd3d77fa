from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics.speaker_resampling import SpeakerResamples


@pytest.fixture
def all_pairs():
    """Every pair of 12 utterances of 5 speakers: enrol speakers, test speakers, labels."""
    speakers = np.array(["anna", "ben", "cleo", "dora", "emil"])[[0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4]]
    enrol, test = np.triu_indices(len(speakers), 1)
    return speakers[enrol], speakers[test], (speakers[enrol] == speakers[test]).astype(int)


def test_sums_equal_adding_trial_by_trial(all_pairs):
    enrol, test, labels = all_pairs
    rng = np.random.default_rng(0)
    bins, values = rng.integers(0, 4, len(labels)), rng.standard_normal(len(labels))
    resamples = SpeakerResamples(labels, enrol, test, num_resamples=70, seed=1)
    names = sorted(set(enrol) | set(test))
    sums = list(resamples.weighted_sums(bins, 4, values))
    assert len(sums) == 70
    for drawn, (target, nontarget) in zip(resamples.weights, sums, strict=True):
        weight = dict(zip(names, drawn, strict=True))
        expected = np.zeros((2, 4))
        for a, b, label, place, value in zip(enrol, test, labels, bins, values, strict=True):
            expected[label, place] += value * (weight[a] if a == b else weight[a] * weight[b])
        np.testing.assert_allclose(target, expected[1], atol=1e-12)
        np.testing.assert_allclose(nontarget, expected[0], atol=1e-12)


def test_each_resample_draws_as_many_speakers_as_there_are(all_pairs):
    enrol, test, labels = all_pairs
    resamples = SpeakerResamples(labels, enrol, test, num_resamples=500, seed=1)
    assert (resamples.weights.sum(axis=1) == 5).all()
    np.testing.assert_allclose(resamples.weights.mean(axis=0), 1.0, atol=0.15)
    again = SpeakerResamples(labels, enrol, test, num_resamples=500, seed=1)
    np.testing.assert_array_equal(resamples.weights, again.weights)
    other = SpeakerResamples(labels, enrol, test, num_resamples=500, seed=2)
    assert (resamples.weights != other.weights).any()


def test_a_resample_without_one_kind_of_trial_is_drawn_again():
    # Speakers 0 and 1 have target trials, 2 has none: all weight on 2, or on one speaker, leaves a kind empty.
    enrol, test, labels = [0, 1, 0, 1], [0, 1, 2, 2], [1, 1, 0, 0]
    resamples = SpeakerResamples(labels, enrol, test, num_resamples=300, seed=0)
    for target, nontarget in resamples.weighted_sums(np.zeros(4, dtype=int), 1):
        assert target[0] > 0
        assert nontarget[0] > 0


@pytest.mark.parametrize(("first", "step"), [(0, 1), (-3, 2), (5, 10**12)])
def test_numbers_and_names_of_speakers_are_alike(all_pairs, first, step):
    enrol, test, labels = all_pairs
    numbers = {name: first + step * number for number, name in enumerate(sorted(set(enrol) | set(test)))}
    by_name = SpeakerResamples(labels, enrol, test, num_resamples=5, seed=0)
    by_number = SpeakerResamples(
        labels, [numbers[name] for name in enrol], [numbers[name] for name in test], num_resamples=5, seed=0
    )
    bins = np.zeros(len(labels), dtype=int)
    for one, other in zip(by_name.weighted_sums(bins, 1), by_number.weighted_sums(bins, 1), strict=True):
        np.testing.assert_array_equal(one, other)


def test_contradicting_labels_are_named():
    with pytest.raises(InputError, match="1 of 3 labels contradict the speakers: trial 2 is between ben and ben"):
        SpeakerResamples([1, 0, 0], ["anna", "anna", "ben"], ["anna", "ben", "ben"], num_resamples=5, seed=0)


def test_missing_speakers_are_named():
    with pytest.raises(InputError, match="each side of 3 trials"):
        SpeakerResamples([1, 0, 0], ["anna", "anna"], ["anna", "ben"], num_resamples=5, seed=0)
