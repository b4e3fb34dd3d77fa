from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from voxmetric import metrics
from voxmetric.errors import InputError
from voxmetric.metrics import confidence
from voxmetric.metrics.bootstrap import Bootstrap
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.resampled_metrics import ActDcf, Eer, MinDcf


@dataclass(frozen=True)
class SpeakerTrials:
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    enrol: NDArray[np.int64]
    test: NDArray[np.int64]

    def bootstrap(self, **options) -> SpeakerBootstrap:
        return SpeakerBootstrap(self.labels, self.enrol, self.test, **options)


TARGET_MEAN, GOATS, WOLVES, NOISE = 3.0, 0.8, 0.5, 0.7
POPULATION_EER = norm.cdf(-TARGET_MEAN / (np.hypot(GOATS, NOISE) + np.sqrt(2 * WOLVES**2 + NOISE**2)))


def simulate(rng: np.random.Generator, num_speakers: int, utterances: int = 4) -> SpeakerTrials:
    """All pairs of utterances; some speakers are hard to accept, some easily taken for others."""
    speakers = np.repeat(np.arange(num_speakers), utterances)
    enrol, test = (speakers[side] for side in np.triu_indices(len(speakers), 1))
    goat, wolf = rng.standard_normal((2, num_speakers))
    same = enrol == test
    scores = np.where(same, TARGET_MEAN + GOATS * goat[enrol], WOLVES * (wolf[enrol] + wolf[test]))
    return SpeakerTrials(scores + NOISE * rng.standard_normal(len(same)), same.astype(int), enrol, test)


NAIVE = {
    "eer": metrics.eer,
    "min_dcf": metrics.min_dcf,
    "min_cllr": metrics.min_cllr,
    "cllr": metrics.cllr,
    "act_dcf": metrics.act_dcf,
}


@pytest.mark.parametrize("metric", NAIVE)
def test_replicates_equal_lists_with_repeated_trials(metric):
    trials = simulate(np.random.default_rng(0), num_speakers=12)
    bootstrap = trials.bootstrap(num_resamples=40)
    replicates = bootstrap.replicates(trials.scores, metric)
    for drawn, replicate in zip(bootstrap.resamples.weights, replicates, strict=True):
        times = np.where(trials.labels == 1, drawn[trials.enrol], drawn[trials.enrol] * drawn[trials.test])
        expected = NAIVE[metric](np.repeat(trials.scores, times), np.repeat(trials.labels, times))
        assert replicate == pytest.approx(expected, abs=1e-9)
    assert bootstrap.value(trials.scores, metric) == pytest.approx(NAIVE[metric](trials.scores, trials.labels))


@pytest.mark.parametrize("metric", [Eer("convex_hull"), Eer("nearest_larger"), MinDcf(0.5, 10.0), ActDcf(0.5, 10.0)])
def test_options_of_a_metric_are_used(metric):
    trials = simulate(np.random.default_rng(0), num_speakers=12)
    bootstrap = trials.bootstrap(num_resamples=40)
    naive = {
        "eer": lambda scores, labels: metrics.eer(scores, labels, metric.definition),
        "min_dcf": lambda scores, labels: metrics.min_dcf(scores, labels, 0.5, 10.0),
        "act_dcf": lambda scores, labels: metrics.act_dcf(scores, labels, 0.5, 10.0),
    }[metric.name]
    drawn = bootstrap.resamples.weights[0]
    times = np.where(trials.labels == 1, drawn[trials.enrol], drawn[trials.enrol] * drawn[trials.test])
    expected = naive(np.repeat(trials.scores, times), np.repeat(trials.labels, times))
    assert bootstrap.replicates(trials.scores, metric)[0] == pytest.approx(expected, abs=1e-9)


def test_quantiles_of_many_target_scores_change_next_to_nothing(monkeypatch):
    trials = simulate(np.random.default_rng(1), num_speakers=30, utterances=16)
    bootstrap = trials.bootstrap(num_resamples=20)
    exact = bootstrap.replicates(trials.scores, "eer")
    monkeypatch.setattr(confidence, "MOST_THRESHOLDS", 1000)  # of 3,600 target scores
    thinned = bootstrap.replicates(trials.scores, "eer")
    assert 0.0 < np.abs(exact - thinned).max() < 1.0 / 1000
    assert 1.0 / 2**15 < 1e-4


def test_runs_are_averaged_and_resampled_with_their_full_variance():
    rng = np.random.default_rng(2)
    trials = simulate(rng, num_speakers=60)
    noise = np.array([[0.5], [1.5], [3.0]])  # runs that differ much more than speakers do
    runs = trials.scores + noise * rng.standard_normal((3, len(trials.scores)))
    bootstrap = trials.bootstrap(num_resamples=2000)
    each = [metrics.eer(run, trials.labels) for run in runs]
    assert bootstrap.value(runs, "eer") == pytest.approx(np.mean(each))
    of_speakers = np.mean([bootstrap.replicates(run, "eer") for run in runs], axis=0)
    expected = of_speakers.var() + np.var(each, ddof=1) / len(runs)
    together = bootstrap.replicates(runs, "eer")
    assert together.var() == pytest.approx(expected, rel=0.15)
    assert together.mean() == pytest.approx(of_speakers.mean(), abs=0.01)


def test_equal_runs_are_as_one():
    trials = simulate(np.random.default_rng(2), num_speakers=20)
    bootstrap = trials.bootstrap(num_resamples=50)
    one, three = (bootstrap.replicates(np.stack([trials.scores] * count), "eer") for count in (1, 3))
    np.testing.assert_allclose(one, three)


def test_interval_brackets_the_value_and_widens_with_the_level():
    trials = simulate(np.random.default_rng(3), num_speakers=40)
    narrow = trials.bootstrap(level=0.8).interval(trials.scores, "eer")
    wide = trials.bootstrap(level=0.99).interval(trials.scores, "eer")
    assert narrow.value == wide.value == metrics.eer(trials.scores, trials.labels)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_p_value_inverts_the_interval():
    trials = simulate(np.random.default_rng(4), num_speakers=25)
    replicates = np.linspace(-1.0, 3.0, 1000)
    for shift in np.linspace(-1.0, 1.0, 41):
        for level in (0.9, 0.95):
            bootstrap = trials.bootstrap(level=level)
            interval = bootstrap.percentiles(0.0, replicates + shift)
            significant = bootstrap.two_sided_p_value(replicates + shift) < 1.0 - level
            clear_of_zero = max(interval.low, -interval.high)
            if abs(clear_of_zero) > 0.01:  # more than the step between two replicates
                assert significant == (clear_of_zero > 0.0)


def test_coverage_is_near_nominal_where_resampled_trials_fall_short():
    rng = np.random.default_rng(5)
    covered = covered_by_trials = 0
    num_sets = 120
    for _ in range(num_sets):
        trials = simulate(rng, num_speakers=40, utterances=6)
        interval = trials.bootstrap(num_resamples=200).interval(trials.scores, "eer")
        covered += interval.low <= POPULATION_EER <= interval.high
        draws = rng.integers(0, len(trials.scores), (20, len(trials.scores)))
        deviation = np.std([metrics.eer(trials.scores[draw], trials.labels[draw]) for draw in draws])
        covered_by_trials += abs(interval.value - POPULATION_EER) < 1.96 * deviation
    assert covered / num_sets > 0.88
    assert covered_by_trials / num_sets < 0.8


def test_few_speakers_are_flagged():
    rng = np.random.default_rng(6)
    caution = simulate(rng, num_speakers=8).bootstrap(num_resamples=10).caution
    assert caution is not None
    assert "8 speakers" in caution
    assert simulate(rng, num_speakers=20).bootstrap(num_resamples=10).caution is None


def test_description_names_what_was_resampled():
    bootstrap = simulate(np.random.default_rng(6), num_speakers=9).bootstrap(num_resamples=50, level=0.9)
    assert "90 %" in bootstrap.describe(num_runs=3)
    assert "50 bootstrap resamples of 9 speakers and of 3 training runs" in bootstrap.describe(num_runs=3)
    assert "runs" not in bootstrap.describe()


@pytest.mark.parametrize(
    ("scores", "metric", "words"),
    [
        (np.zeros(3), "eer", "each of 66 trials"),
        (np.full(66, np.nan), "eer", "NaN"),
        (np.zeros(66), "err", "did you mean 'eer'"),
    ],
)
def test_bad_scores_and_metrics_are_named(scores, metric, words):
    bootstrap = simulate(np.random.default_rng(0), num_speakers=3).bootstrap(num_resamples=5)
    with pytest.raises(InputError, match=words):
        bootstrap.interval(scores, metric)


@pytest.mark.parametrize("options", [{"num_resamples": 1}, {"level": 1.0}, {"level": 0.0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(InputError, match="at least 2 resamples"):
        simulate(np.random.default_rng(0), num_speakers=3).bootstrap(**options)


def test_means_over_runs_resample_the_runs_as_well() -> None:
    rng = np.random.default_rng(0)
    bootstrap = Bootstrap(50, "speakers", 4000, 0.95)
    alike = np.repeat(rng.normal(10.0, 1.0, (4000, 1)), 3, axis=1)
    assert np.allclose(bootstrap.over_runs(alike, 0), alike[:, 0]), "runs that agree change nothing"
    runs = np.array([9.0, 10.0, 14.0])
    resampled = bootstrap.over_runs(np.tile(runs, (4000, 1)), 0)
    assert resampled.mean() == pytest.approx(runs.mean(), abs=0.1)
    assert resampled.var() == pytest.approx(runs.var(ddof=1) / 3, rel=0.1)
    single = rng.random((4000, 1))
    assert np.array_equal(bootstrap.over_runs(single, 0), single[:, 0])
