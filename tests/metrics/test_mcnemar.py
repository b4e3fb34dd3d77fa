from __future__ import annotations

from math import comb

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.mcnemar import compare_decisions, mcnemar


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 5), (3, 9), (9, 3), (4, 4), (0, 0), (1, 0)])
def test_equals_the_binomial_sum(only_a, only_b):
    total = only_a + only_b
    tail = sum(comb(total, count) for count in range(min(only_a, only_b) + 1)) / 2**total
    assert mcnemar(only_a, only_b) == pytest.approx(min(1.0, 2.0 * tail))


def all_pairs(num_speakers: int, takes: int):
    speakers = np.repeat(np.arange(num_speakers), takes)
    first, second = np.triu_indices(len(speakers), 1)
    return speakers[first], speakers[second]


def test_differences_are_those_of_weighted_trials():
    enrol, test = all_pairs(8, 2)
    labels = enrol == test
    rng = np.random.default_rng(0)
    accepted_a, accepted_b = (labels ^ (rng.random(len(labels)) < share) for share in (0.1, 0.3))
    bootstrap = SpeakerBootstrap(labels, enrol, test, num_resamples=40)
    found = compare_decisions(bootstrap, accepted_a, accepted_b)
    wrong_a, wrong_b = accepted_a != labels, accepted_b != labels
    assert found.only_a_wrong == sum(wrong_a & ~wrong_b)
    assert found.only_b_wrong == sum(wrong_b & ~wrong_a)
    replicates = []
    for drawn in bootstrap.resamples.weights:
        weights = [drawn[a] if a == b else drawn[a] * drawn[b] for a, b in zip(enrol, test, strict=True)]
        errors = [np.dot(weights, wrong) / np.sum(weights) for wrong in (wrong_a, wrong_b)]
        replicates.append(errors[0] - errors[1])
    expected = bootstrap.percentiles(wrong_a.mean() - wrong_b.mean(), np.array(replicates))
    assert found.difference.value == pytest.approx(expected.value)
    assert (found.difference.low, found.difference.high) == pytest.approx((expected.low, expected.high))


def test_hard_voices_are_significant_only_as_if_trials_were_independent():
    # Which voices are hard is chance for each system: no true difference, and one bad voice spoils 38 trials.
    enrol, test = all_pairs(20, 2)
    labels = enrol == test
    rejected = {"plain": 0, "speakers": 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hard = rng.random((2, 20)) < 0.2
        accepted = [labels ^ (of[enrol] & (rng.random(len(labels)) < 0.5)) for of in hard]
        found = compare_decisions(SpeakerBootstrap(labels, enrol, test, num_resamples=200), *accepted)
        rejected["plain"] += found.p_independent < 0.05
        rejected["speakers"] += found.p_value < 0.05
    assert rejected["plain"] > 30
    assert rejected["speakers"] <= 6


def test_bad_input_is_refused():
    enrol, test = all_pairs(6, 2)
    bootstrap = SpeakerBootstrap(enrol == test, enrol, test, num_resamples=5)
    with pytest.raises(InputError, match="expected 66 decisions"):
        compare_decisions(bootstrap, [True], [False])
    with pytest.raises(InputError, match="expected counts"):
        mcnemar(-1, 2)
