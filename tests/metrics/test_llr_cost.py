from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from voxmetric.metrics import cllr, min_cllr


def naive_cllr(llrs, labels):
    target = [math.log2(1 + math.exp(-llr)) for llr, label in zip(llrs, labels, strict=True) if label]
    nontarget = [math.log2(1 + math.exp(llr)) for llr, label in zip(llrs, labels, strict=True) if not label]
    return (sum(target) / len(target) + sum(nontarget) / len(nontarget)) / 2


def naive_min_cllr(scores, labels):
    """Cllr of the ratios that isotonic regression of the labels on the scores gives, trial by trial."""
    posterior = IsotonicRegression().fit_transform(scores, labels.astype(float))
    prior_odds = labels.sum() / (1 - labels).sum()
    total = 0.0
    for p, label in zip(posterior, labels, strict=True):
        share = p if label else 1 - p
        odds = p / (1 - p) / prior_odds if p < 1 else math.inf
        ratio = odds if label else (1 / odds if odds else math.inf)
        total += 0.0 if share == 1.0 else math.log2(1 + 1 / ratio) / (labels.sum() if label else (1 - labels).sum())
    return total / 2


def test_cllr_equals_its_definition(trials):
    assert cllr(trials.scores, trials.labels) == pytest.approx(naive_cllr(trials.scores, trials.labels), abs=1e-9)


def test_min_cllr_equals_isotonic_regression(trials):
    expected = naive_min_cllr(trials.scores, trials.labels)
    assert min_cllr(trials.scores, trials.labels) == pytest.approx(expected, abs=1e-9)


def test_known_values():
    labels = [1, 0]
    assert cllr([0.0, 0.0], labels) == pytest.approx(1.0)  # knows nothing
    assert cllr([1000.0, -1000.0], labels) == 0.0  # certain and right
    assert cllr([-1000.0, 1000.0], labels) == pytest.approx(1000.0 / math.log(2.0))  # certain and wrong
    assert cllr([np.inf, -np.inf], labels) == 0.0
    assert min_cllr([1.0, 0.0], labels) == 0.0
    assert min_cllr([0.0, 1.0], labels) == pytest.approx(1.0)
    assert min_cllr([0.5, 0.5], labels) == pytest.approx(1.0)


def test_minimum_is_below_any_rising_map(trials):
    least = min_cllr(trials.scores, trials.labels)
    for scale, offset in ((0.1, 0.0), (1.0, -1.0), (3.0, 2.0)):
        assert least <= cllr(scale * trials.scores + offset, trials.labels) + 1e-12
    assert min_cllr(np.exp(trials.scores), trials.labels) == pytest.approx(least, abs=1e-12)


def test_true_ratios_reach_the_minimum():
    rng = np.random.default_rng(2)
    labels = np.arange(200_000) % 2
    llrs = 2.0 * (rng.standard_normal(len(labels)) + 2.0 * labels) - 2.0  # of N(2, 1) against N(0, 1)
    assert cllr(llrs, labels) == pytest.approx(min_cllr(llrs, labels), abs=1e-3)
