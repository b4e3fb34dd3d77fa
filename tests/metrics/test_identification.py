from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric import metrics
from voxmetric.errors import InputError
from voxmetric.metrics.identification import SearchOutcomes
from voxmetric.metrics.identification_intervals import IdentificationBootstrap


def searches(seed: int, num_probes: int = 40, num_people: int = 7, decimals: int = 1):
    """Scores with ties, and the truth with strangers among it."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(-1, num_people, num_probes)
    truth[:2] = -1, 0
    scores = rng.standard_normal((num_probes, num_people))
    scores[np.arange(num_probes), truth] += 1.5 * (truth >= 0)
    return np.round(scores, decimals), truth


def naive_rank(row, own):
    return sum(1 for score in row if score >= row[own])


def naive_accuracy(scores, truth, k):
    known = [(row, own) for row, own in zip(scores, truth, strict=True) if own >= 0]
    return sum(naive_rank(row, own) <= k for row, own in known) / len(known)


def naive_rates(scores, truth, threshold, rank):
    known = [(row, own) for row, own in zip(scores, truth, strict=True) if own >= 0]
    strangers = [max(row) for row, own in zip(scores, truth, strict=True) if own < 0]
    detected = sum(naive_rank(row, own) <= rank and row[own] >= threshold for row, own in known)
    return sum(best >= threshold for best in strangers) / len(strangers), detected / len(known)


def naive_dir(scores, truth, allowed, rank):
    """The best over every threshold that keeps the false alarms."""
    candidates = [-1e9, *(score + shift for score in np.unique(scores) for shift in (0.0, 1e-9))]
    rates = [naive_rates(scores, truth, threshold, rank) for threshold in candidates]
    return max(detection for false_alarm, detection in rates if false_alarm <= allowed + 1e-12)


@given(seed=st.integers(0, 1000), k=st.integers(1, 8))
def test_top_k_accuracy_equals_counting(seed, k):
    scores, truth = searches(seed)
    assert metrics.top_k_accuracy(scores, truth, k) == pytest.approx(naive_accuracy(scores, truth, k))


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), rate=st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0]), rank=st.integers(1, 3))
def test_detection_identification_rate_equals_trying_every_threshold(seed, rate, rank):
    scores, truth = searches(seed)
    found = metrics.detection_identification_rate(scores, truth, rate, rank)
    assert found == pytest.approx(naive_dir(scores, truth, rate, rank))
    assert found <= metrics.top_k_accuracy(scores, truth, rank) + 1e-12


def test_by_hand():
    #           anna  ben
    scores = [[0.9, 0.1], [0.6, 0.7], [0.2, 0.4], [0.5, 0.3], [0.1, 0.2]]
    truth = [0, 0, 1, -1, -1]
    assert metrics.top_k_accuracy(scores, truth) == pytest.approx(2 / 3)
    assert metrics.top_k_accuracy(scores, truth, 2) == 1.0
    outcomes = SearchOutcomes.of_scores(scores, truth)
    assert outcomes.rates(0.5) == (0.5, pytest.approx(1 / 3))
    assert metrics.detection_identification_rate(scores, truth, 0.0) == pytest.approx(1 / 3)
    assert metrics.detection_identification_rate(scores, truth, 0.5) == pytest.approx(2 / 3)
    assert metrics.detection_identification_rate(scores, truth, 0.0, rank=2) == pytest.approx(2 / 3)
    assert outcomes.rates(outcomes.threshold(0.0)) == (0.0, pytest.approx(1 / 3))


def test_a_tie_counts_against_the_system():
    assert metrics.top_k_accuracy([[0.5, 0.5]], [0]) == 0.0
    assert metrics.top_k_accuracy([[0.5, 0.5]], [0], 2) == 1.0
    assert metrics.detection_identification_rate([[0.5, 0.1], [0.5, 0.1]], [0, -1], 0.0) == 0.0


@pytest.mark.parametrize("rank", [1, 2])
def test_the_curve_passes_through_the_rates_of_its_thresholds(rank):
    outcomes = SearchOutcomes.of_scores(*searches(5, num_probes=200))
    thresholds, false_alarms, detections = outcomes.curve(rank)
    assert (np.diff(thresholds) > 0).all()
    assert (np.diff(false_alarms) < 0).all()
    assert (np.diff(detections) <= 0).all()
    assert (false_alarms[0], false_alarms[-1]) == (1.0, 0.0)
    expected = [outcomes.rates(threshold, rank) for threshold in thresholds]
    np.testing.assert_allclose(np.stack([false_alarms, detections], axis=1), expected, atol=1e-12)
    for false_alarm, detection in zip(false_alarms, detections, strict=True):
        assert outcomes.detection_identification_rate(false_alarm, rank) == pytest.approx(detection)


def test_people_beyond_the_candidates_are_not_found():
    outcomes = SearchOutcomes(np.array([1.0, np.inf]), np.array([0.5, -np.inf]), np.array([0.1]))
    assert outcomes.accuracy(20) == 0.5
    assert outcomes.detection_identification_rate(1.0, 20) == 0.5


def naive_replicates(outcomes, speakers, strangers, bootstrap, rate):
    """Each resample written out: every probe repeated as often as its speaker was drawn."""
    (_, known_weights), (_, unknown_weights) = bootstrap._known, bootstrap._unknown
    names, other_names = np.unique(speakers), np.unique(strangers)
    for drawn, others in zip(known_weights, unknown_weights, strict=True):
        repeats = drawn[np.searchsorted(names, speakers)]
        other_repeats = others[np.searchsorted(other_names, strangers)]
        resampled = SearchOutcomes(
            np.repeat(outcomes.ranks, repeats),
            np.repeat(outcomes.scores, repeats),
            np.repeat(outcomes.stranger_scores, other_repeats),
        )
        yield resampled.accuracy(1), resampled.detection_identification_rate(rate), *resampled.rates(0.9)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.3])
def test_intervals_are_quantiles_of_resamples_written_out(rate, monkeypatch):
    rng = np.random.default_rng(1)
    outcomes = SearchOutcomes.of_scores(*searches(3, num_probes=120))
    speakers = rng.integers(0, 15, len(outcomes.ranks))
    strangers = rng.integers(0, 6, len(outcomes.stranger_scores))
    bootstrap = IdentificationBootstrap(speakers, strangers, num_resamples=200, seed=2)
    monkeypatch.setattr("voxmetric.metrics.identification_intervals.CHUNK_CELLS", 5 * 120)
    expected = np.array(list(naive_replicates(outcomes, speakers, strangers, bootstrap, rate))).T
    monkeypatch.setattr(bootstrap, "_interval", lambda value, replicates, _: (value, replicates))
    false_alarm, detection = bootstrap.rates(outcomes, 0.9)
    found = [bootstrap.accuracy(outcomes), bootstrap.detection_identification_rate(outcomes, rate)]
    for (_, replicates), wanted in zip([*found, false_alarm, detection], expected, strict=True):
        np.testing.assert_allclose(replicates, wanted, atol=1e-12)
    assert found[0][0] == outcomes.accuracy()
    assert found[1][0] == outcomes.detection_identification_rate(rate)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Probes of a speaker share an effect; 95 % intervals of the accuracy, 300 simulated evaluations."""
    rng = np.random.default_rng(0)
    covered = 0
    truth = 0.5  # of a sum of two symmetric effects being positive
    for _ in range(300):
        effects = np.repeat(rng.standard_normal(30), 5)
        right = effects + rng.standard_normal(150) > 0
        outcomes = SearchOutcomes(np.where(right, 1.0, 2.0), np.zeros(150), np.zeros(0))
        bootstrap = IdentificationBootstrap(np.repeat(np.arange(30), 5), [], num_resamples=300)
        interval = bootstrap.accuracy(outcomes)
        covered += interval.low <= truth <= interval.high
    assert 0.91 <= covered / 300 <= 0.99


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.top_k_accuracy([0.1, 0.2], [0]), r"expected scores of shape \(P, S\)"),
        (lambda: metrics.top_k_accuracy([[np.nan]], [0]), "found NaN"),
        (lambda: metrics.top_k_accuracy([[0.1]], [1]), "columns from 0 to 0"),
        (lambda: metrics.top_k_accuracy([[0.1]], [0], 0), "rank of at least 1"),
        (lambda: metrics.top_k_accuracy([[0.1]], [-1]), "probes of enrolled people, found none"),
        (lambda: metrics.detection_identification_rate([[0.1]], [0]), "not enrolled, found none"),
        (lambda: metrics.detection_identification_rate([[0.1], [0.2]], [0, -1], 2.0), "rate from 0 to 1"),
        (lambda: IdentificationBootstrap([1], []), "at least two enrolled speakers"),
        (lambda: IdentificationBootstrap([1, 2], [3]), "two strangers"),
        (lambda: IdentificationBootstrap([1, 2], [], num_resamples=1), "at least 2 resamples"),
    ],
)
def test_bad_input_is_told(call, words):
    with pytest.raises(InputError, match=words):
        call()
