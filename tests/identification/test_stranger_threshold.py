from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta

from voxmetric.errors import InputError
from voxmetric.identification.stranger_threshold import find_stranger_threshold


def accepted_share(scores, speakers, threshold) -> float:
    """The mean over the speakers of the share of their recordings that reach a threshold."""
    counts = np.bincount(speakers)
    return float(np.mean(np.bincount(speakers, scores >= threshold) / counts))


def naive_threshold(scores, speakers, false_alarm) -> float:
    """The lowest of the scores just above which few enough are accepted, one after the other."""
    size = len(np.unique(speakers))
    for score in np.sort(scores):
        just_above = np.nextafter(score, np.inf)
        if accepted_share(scores, speakers, just_above) * size <= false_alarm * (size + 1) - 1.0 + 1e-9:
            return float(just_above)
    raise AssertionError


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_search_score_by_score(seed):
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(80), rng.integers(1, 5, 80))
    scores = np.round(rng.standard_normal(len(speakers)), 2)  # with ties
    found = find_stranger_threshold(scores, speakers, 0.05 + 0.01 * seed)
    assert found.value == naive_threshold(scores, speakers, 0.05 + 0.01 * seed)
    assert found.num_speakers == 80


def drawn(rng, num_speakers):
    """Scores of recordings that hang together within a speaker, of whom some have many and are heard differently."""
    counts = rng.integers(1, 8, num_speakers)
    speakers = np.repeat(np.arange(num_speakers), counts)
    own = rng.standard_normal(num_speakers)
    return own[speakers] + 0.5 * rng.standard_normal(len(speakers)) + 0.2 * counts[speakers], speakers


def test_the_promise_holds_on_the_average_and_the_interval_for_each_cohort():
    rng = np.random.default_rng(0)
    others, of = drawn(rng, 5_000)
    rates, covered = [], []
    for _ in range(300):
        found = find_stranger_threshold(*drawn(rng, 100), 0.1)
        rates.append(accepted_share(others, of, found.value))
        covered.append(found.low <= rates[-1] <= found.high)
    assert np.mean(rates) <= 0.1 + 2.0 * np.std(rates) / np.sqrt(len(rates))
    assert np.mean(rates) > 0.085  # and it is no idle one: a plain quantile would allow no more
    assert np.mean(covered) > 0.93


def test_the_interval_of_one_recording_each_is_exact():
    rng = np.random.default_rng(1)
    covered, rates = [], []
    for _ in range(2000):
        found = find_stranger_threshold(rng.random(60), np.arange(60), 0.1)
        rates.append(1.0 - found.value)  # uniform scores: the rate is known
        covered.append(found.low <= rates[-1] <= found.high)
    # 60 speakers allow 5.1 of 60 above: the sixth score, which 6 in 61 exceed.
    assert np.mean(rates) == pytest.approx(6 / 61, abs=0.003)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


def test_what_the_cohort_cannot_promise_is_refused():
    with pytest.raises(
        InputError, match=r"too small for 1 % false alarms: that takes 300 .*found 75: 4 % is the least"
    ):
        find_stranger_threshold(np.zeros(75), np.arange(75), 0.01)
    assert find_stranger_threshold(np.arange(60), np.arange(60), 0.05).num_speakers == 60
    with pytest.raises(InputError, match=r"found 2$"):
        find_stranger_threshold(np.zeros(2), np.arange(2), 0.5)
    for rate in (0.0, 1.0, np.nan):
        with pytest.raises(InputError, match="between 0 and 1"):
            find_stranger_threshold(np.zeros(2), np.arange(2), rate)


def test_it_says_what_it_rests_on():
    said = find_stranger_threshold(np.arange(60), np.arange(60), 0.05).describe()
    # 0.05 x 61 - 1: two may be above, and the third is exceeded at a rate that is Beta(3, 58).
    low, high = 100.0 * beta.ppf([0.025, 0.975], 3, 58)
    assert (
        f"at most 5 % of cases, judged by 60 cohort speakers (95 % interval of the rate: {low:.2g} to {high:.2g} %)"
        in said
    )
