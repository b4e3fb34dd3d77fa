from __future__ import annotations

import math

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.metrics import act_dcf, min_dcf


def naive_cost(scores, labels, threshold, p_target, c_miss, c_fa):
    miss = sum(score < threshold for score, label in zip(scores, labels, strict=True) if label) / labels.sum()
    false_alarm = sum(s >= threshold for s, label in zip(scores, labels, strict=True) if not label) / (1 - labels).sum()
    cost = c_miss * p_target * miss + c_fa * (1 - p_target) * false_alarm
    return cost / min(c_miss * p_target, c_fa * (1 - p_target))


@pytest.mark.parametrize("costs", [(0.01, 1.0, 1.0), (0.05, 1.0, 1.0), (0.5, 10.0, 1.0), (0.9, 1.0, 3.0)])
def test_minimum_over_every_threshold(trials, costs):
    thresholds = [*np.unique(trials.scores), np.inf]
    expected = min(naive_cost(trials.scores, trials.labels, threshold, *costs) for threshold in thresholds)
    assert min_dcf(trials.scores, trials.labels, *costs) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("costs", [(0.01, 1.0, 1.0), (0.5, 10.0, 1.0)])
def test_actual_cost_at_the_bayes_threshold(trials, costs):
    p_target, c_miss, c_fa = costs
    threshold = math.log(c_fa / c_miss * (1 - p_target) / p_target)
    expected = naive_cost(trials.scores, trials.labels, threshold, *costs)
    assert act_dcf(trials.scores, trials.labels, *costs) == pytest.approx(expected, abs=1e-12)
    assert expected >= min_dcf(trials.scores, trials.labels, *costs) - 1e-12


def test_constant_answers_cost_one_or_more():
    labels = np.array([1, 0, 1, 0])
    assert min_dcf([1.0, 1.0, 1.0, 1.0], labels) == 1.0
    assert act_dcf([-20.0] * 4, labels, p_target=0.01) == 1.0
    assert act_dcf([20.0] * 4, labels, p_target=0.01) == pytest.approx(99.0)


def test_ratios_of_known_distributions_cost_least_at_the_bayes_threshold():
    rng = np.random.default_rng(1)
    labels = np.arange(200_000) % 2
    scores = rng.standard_normal(len(labels)) + 2.0 * labels
    llrs = 2.0 * scores - 2.0  # of N(2, 1) against N(0, 1)
    assert act_dcf(llrs, labels, p_target=0.1) == pytest.approx(min_dcf(llrs, labels, p_target=0.1), abs=0.01)


@pytest.mark.parametrize("costs", [(0.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.5, 0.0, 1.0), (0.5, 1.0, -1.0)])
@pytest.mark.parametrize("figure", [min_dcf, act_dcf])
def test_impossible_costs_are_refused(figure, costs):
    with pytest.raises(InputError, match="expected"):
        figure([0.0, 1.0], [0, 1], *costs)
