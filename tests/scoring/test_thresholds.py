from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from voxmetric.errors import InputError
from voxmetric.metrics import min_dcf
from voxmetric.scoring.thresholds import CostTarget, ErrorTarget, recommend_threshold, speakers_needed


def trials(num_speakers: int, takes: int, seed: int, effect: float = 0.5):
    """All pairs of recordings of speakers whose voices are easy or hard: scores, labels and speakers."""
    rng = np.random.default_rng(seed)
    speakers = np.repeat(np.arange(num_speakers), takes)
    first, second = np.triu_indices(len(speakers), 1)
    enrol, test = speakers[first], speakers[second]
    labels = (enrol == test).astype(int)
    hard = effect * rng.standard_normal(num_speakers)
    scores = 3.0 * labels + (hard[enrol] + hard[test]) / 2 + rng.standard_normal(len(labels))
    return scores, labels, enrol, test


def rates(scores, labels, threshold):
    return np.mean(scores[labels == 0] >= threshold), np.mean(scores[labels == 1] < threshold)


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_false_accepts_keep_to_the_rate_with_the_fewest_false_rejects(rate):
    scores, labels, enrol, test = trials(20, 3, 0)
    found = recommend_threshold(scores, labels, enrol, test, ErrorTarget("false_accept", rate), num_resamples=50)
    assert (found.false_accept.value, found.false_reject.value) == rates(scores, labels, found.threshold.value)
    allowed = [value for value in [*scores, np.inf] if np.mean(scores[labels == 0] >= value) <= rate]
    assert found.false_accept.value <= rate
    assert found.false_reject.value == np.mean(scores[labels == 1] < min(allowed))
    assert found.threshold.low < found.threshold.value < found.threshold.high


def test_false_rejects_keep_to_the_rate_with_the_fewest_false_accepts():
    scores, labels, enrol, test = trials(20, 3, 1)
    found = recommend_threshold(scores, labels, enrol, test, ErrorTarget("false_reject", 0.1), num_resamples=50)
    allowed = [value for value in scores if np.mean(scores[labels == 1] < value) <= 0.1]
    assert found.false_reject.value <= 0.1
    assert found.false_accept.value == np.mean(scores[labels == 0] >= max(allowed))


def test_least_cost_is_that_of_the_metric():
    scores, labels, enrol, test = trials(20, 3, 2)
    found = recommend_threshold(scores, labels, enrol, test, CostTarget(0.05, 2.0, 1.0), num_resamples=50)
    cost = 2.0 * 0.05 * found.false_reject.value + 0.95 * found.false_accept.value
    assert cost / 0.1 == pytest.approx(min_dcf(scores, labels, 0.05, 2.0, 1.0))


def test_intervals_cover_the_truth():
    # Across speakers a non-target score is normal with the variance 1 + effect^2 / 2.
    truth = ndtri(0.95) * np.sqrt(1.125)
    covered = []
    for seed in range(60):
        found = recommend_threshold(*trials(30, 2, seed), ErrorTarget("false_accept", 0.05), num_resamples=100)
        at_threshold = ndtr(-found.threshold.value / np.sqrt(1.125))
        covered.append(
            (
                found.threshold.low <= truth <= found.threshold.high,
                found.false_accept.low <= at_threshold <= found.false_accept.high,
            )
        )
    share = np.mean(covered, axis=0)
    assert share[0] >= 0.85
    assert share[1] >= 0.85


@pytest.mark.parametrize(
    ("rate", "errors", "kind", "speakers"),
    [(0.001, 3, "false_accept", 78), (0.001, 30, "false_accept", 246), (0.05, 3, "false_reject", 60)],
)
def test_speakers_needed(rate, errors, kind, speakers):
    assert speakers_needed(rate, errors, kind) == speakers
    if kind == "false_accept":
        assert speakers * (speakers - 1) / 2 >= errors / rate > (speakers - 1) * (speakers - 2) / 2


def test_too_little_data_is_said_plainly():
    data = trials(30, 2, 0)
    few = recommend_threshold(*data, ErrorTarget("false_accept", 0.001), num_resamples=20)
    assert not few.enough_data
    assert "at least 3,000 pairs of different speakers" in few.cautions[0]
    assert "78 speakers" in few.cautions[0]
    assert "435 pairs" in few.cautions[0]
    barely = recommend_threshold(*data, ErrorTarget("false_accept", 0.05), num_resamples=20)
    assert barely.enough_data
    assert "rule of 30" in barely.cautions[0]
    assert recommend_threshold(*data, ErrorTarget("false_accept", 0.1), num_resamples=20).cautions == []
    assert not recommend_threshold(*data, ErrorTarget("false_reject", 0.05), num_resamples=20).enough_data
    assert not recommend_threshold(*data, CostTarget(0.001), num_resamples=20).enough_data


def test_no_error_at_all_is_no_proof_of_a_rate_of_zero():
    """Classes that part: the bootstrap alone would say [0, 0] of both rates."""
    _, labels, enrol, test = trials(30, 2, 0)
    found = recommend_threshold(labels.astype(float), labels, enrol, test, ErrorTarget("false_accept", 0.1))
    assert found.false_accept.value == found.false_reject.value == 0.0
    assert found.false_accept.high == pytest.approx(1.0 - 0.025 ** (1 / 435))
    assert found.false_reject.high == pytest.approx(1.0 - 0.025 ** (1 / 30))


@pytest.mark.parametrize("target", [lambda: ErrorTarget("false_accept", 0.0), lambda: CostTarget(1.0)])
def test_impossible_targets_are_refused(target):
    with pytest.raises(InputError, match="between 0 and 1"):
        target()


def test_infinite_scores_are_refused():
    scores, labels, enrol, test = trials(20, 2, 0)
    scores[0] = np.inf
    with pytest.raises(InputError, match="finite"):
        recommend_threshold(scores, labels, enrol, test, ErrorTarget("false_accept", 0.1))
