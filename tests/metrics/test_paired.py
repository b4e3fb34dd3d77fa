from __future__ import annotations

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics import eer
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.diarization.confidence import RecordingBootstrap
from voxmetric.metrics.paired import (
    compare_pairs,
    compare_replicates,
    holm_adjusted,
    paired_difference,
    resamples_needed,
    resolution_caution,
)


@pytest.fixture(scope="module")
def simulated():
    """Bootstrap, labels and the scores of a good system, one just like it, and a poor one."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(np.arange(40), 4)
    enrol, test = (speakers[side] for side in np.triu_indices(len(speakers), 1))
    labels = (enrol == test).astype(int)
    shared = 2.5 * labels + 0.8 * rng.standard_normal(40)[enrol] + 0.5 * rng.standard_normal(len(labels))
    scores = {
        "good": shared + 0.2 * rng.standard_normal(len(labels)),
        "alike": shared + 0.2 * rng.standard_normal(len(labels)),
        "poor": shared + 2.0 * rng.standard_normal(len(labels)),
    }
    return SpeakerBootstrap(labels, enrol, test, num_resamples=500), labels, scores


def test_verdicts(simulated):
    bootstrap, labels, scores = simulated
    pairs = {(pair.a, pair.b): pair for pair in compare_pairs(bootstrap, scores)}
    assert list(pairs) == [("good", "alike"), ("good", "poor"), ("alike", "poor")]
    assert pairs["good", "alike"].verdict == "tie"
    assert pairs["good", "poor"].verdict == "a better"
    assert pairs["good", "poor"].difference.high < 0.0
    assert pairs["good", "poor"].difference.value == pytest.approx(
        eer(scores["good"], labels) - eer(scores["poor"], labels)
    )


def test_swapping_the_systems_swaps_the_verdict(simulated):
    bootstrap, _, scores = simulated
    one = paired_difference(bootstrap, scores["good"], scores["poor"], names=("good", "poor"))
    other = paired_difference(bootstrap, scores["poor"], scores["good"], "eer")
    assert (one.a, one.b, other.a) == ("good", "poor", "a")
    assert (one.verdict, other.verdict) == ("a better", "b better")
    assert one.difference.low == pytest.approx(-other.difference.high)
    assert one.p_value == pytest.approx(other.p_value)


def test_a_system_ties_with_itself(simulated):
    bootstrap, _, scores = simulated
    pair = paired_difference(bootstrap, scores["good"], scores["good"])
    assert (pair.difference.low, pair.difference.high, pair.p_value, pair.verdict) == (0.0, 0.0, 1.0, "tie")


def test_pairing_tells_apart_what_separate_intervals_do_not(simulated):
    bootstrap, labels, scores = simulated
    rng = np.random.default_rng(1)
    worse = scores["good"] + 0.5 * rng.standard_normal(len(labels))
    good, bad = (bootstrap.interval(system, "eer") for system in (scores["good"], worse))
    assert good.low < bad.value < good.high
    assert paired_difference(bootstrap, scores["good"], worse).verdict == "a better"


def test_p_values_are_even_when_there_is_no_difference():
    rng = np.random.default_rng(2)
    speakers = np.repeat(np.arange(25), 3)
    enrol, test = (speakers[side] for side in np.triu_indices(len(speakers), 1))
    labels = (enrol == test).astype(int)
    p_values = []
    for seed in range(100):
        bootstrap = SpeakerBootstrap(labels, enrol, test, num_resamples=100, seed=seed)
        one, other = 2.0 * labels + rng.standard_normal((2, len(labels)))
        p_values.append(paired_difference(bootstrap, one, other).p_value)
    assert np.mean(np.array(p_values) < 0.1) < 0.2
    assert 0.35 < np.mean(p_values) < 0.75


def naive_holm(p_values):
    """By the definition: reject in rising order at alpha / (n - k) until the first failure; the least such alpha."""
    alphas = np.linspace(0.0, 1.0, 10_001)
    adjusted = [1.0] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for alpha in alphas[::-1]:
        for rank, place in enumerate(order):
            if p_values[place] * (len(p_values) - rank) > alpha:
                break
            adjusted[place] = alpha
    return adjusted


@pytest.mark.parametrize("p_values", [[0.01, 0.04, 0.03], [0.5], [0.9, 0.9, 0.001, 0.02], [0.02, 0.02, 0.02]])
def test_holm_adjustment(p_values):
    np.testing.assert_allclose(holm_adjusted(p_values), naive_holm(p_values), atol=2e-4)


def test_adjustment_turns_a_weak_difference_into_a_tie(simulated):
    bootstrap, _, _ = simulated
    rng = np.random.default_rng(3)
    values = {"a": 0.1, "b": 0.2, "c": 0.2, "d": 0.2}
    weak = rng.standard_normal(bootstrap.num_resamples)
    replicates = {"a": np.sort(weak), "b": np.full_like(weak, 2.2), "c": weak[::-1], "d": rng.permutation(weak)}
    alone = compare_replicates(bootstrap, {"a": 0.1, "b": 0.2}, {name: replicates[name] for name in ("a", "b")}, "eer")[
        0
    ]
    among = compare_replicates(bootstrap, values, replicates, "eer")[0]
    assert alone.p_value == among.p_value < 0.05 <= among.p_adjusted
    assert (alone.verdict, among.verdict) == ("a better", "tie")


def test_too_few_resamples_for_any_verdict_are_said(simulated):
    bootstrap, _, _ = simulated
    assert resolution_caution(bootstrap, num_pairs=1) is None
    caution = resolution_caution(bootstrap, num_pairs=1000)
    assert caution is not None
    assert "500 resamples of 40 speakers" in caution


def test_three_units_need_more_resamples_than_anybody_has():
    assert resamples_needed(78, num_units=3) > 10**30


def test_resamples_needed_are_enough_and_not_far_too_many():
    rng = np.random.default_rng(4)
    speakers = np.repeat(np.arange(100), 2)
    enrol, test = speakers, rng.permutation(speakers)
    enrol, test = np.append(enrol, speakers[:100]), np.append(test, speakers[:100])
    labels = (enrol == test).astype(int)
    for num_pairs in (1, 15, 45):
        needed = resamples_needed(num_pairs)
        enough = SpeakerBootstrap(labels, enrol, test, num_resamples=needed)
        too_few = SpeakerBootstrap(labels, enrol, test, num_resamples=needed - 2)
        assert resolution_caution(enough, num_pairs) is None
        assert resolution_caution(too_few, num_pairs) is not None


def test_fewer_units_need_more_resamples():
    for num_units in (10, 30, 60):
        bootstrap = RecordingBootstrap(num_units, num_resamples=resamples_needed(10, num_units=num_units))
        assert resolution_caution(bootstrap, 10) is None
        too_few = RecordingBootstrap(num_units, num_resamples=resamples_needed(10) - 2)
        assert resolution_caution(too_few, 10) is not None


def test_one_system_has_nothing_to_be_compared_with(simulated):
    bootstrap, _, scores = simulated
    with pytest.raises(InputError, match="at least two systems"):
        compare_pairs(bootstrap, {"good": scores["good"]})
