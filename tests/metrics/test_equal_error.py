from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from voxmetric.errors import InputError
from voxmetric.metrics import EER_DEFINITIONS, eer


def naive_points(scores, labels):
    """Error rates at every distinct score, by counting."""
    target, nontarget = scores[labels == 1], scores[labels == 0]
    thresholds = [*np.unique(scores), np.inf]
    return [((target < t).mean(), (nontarget >= t).mean()) for t in thresholds]


def naive_crossing(points):
    """Where a path of (miss, false alarm) points meets the diagonal, segment by segment."""
    for (miss, false_alarm), (next_miss, next_false_alarm) in itertools.pairwise(points):
        if miss <= false_alarm and next_miss >= next_false_alarm:
            gap, next_gap = false_alarm - miss, next_miss - next_false_alarm
            share = gap / (gap + next_gap) if gap + next_gap else 0.0
            return miss + share * (next_miss - miss)
    raise AssertionError("the error rates never meet")


def minimum_bayes_error(points, prior):
    return min(prior * miss + (1 - prior) * false_alarm for miss, false_alarm in points)


def test_interpolated_equals_a_walk_along_every_threshold(trials):
    expected = naive_crossing(naive_points(trials.scores, trials.labels))
    assert eer(trials.scores, trials.labels) == pytest.approx(expected, abs=1e-12)


def test_convex_hull_is_the_largest_minimum_bayes_error(trials):
    points = naive_points(trials.scores, trials.labels)
    largest = max(minimum_bayes_error(points, prior) for prior in np.linspace(0.0, 1.0, 2_001))
    assert eer(trials.scores, trials.labels, "convex_hull") == pytest.approx(largest, abs=1e-3)


def test_nearest_larger_is_what_voxceleb_trainer_reports():
    rng = np.random.default_rng(3)
    for num_trials in (10, 50, 400):
        labels = np.arange(num_trials) % 2
        scores = rng.standard_normal(num_trials) + labels
        false_alarm, hit, _ = roc_curve(labels, scores, pos_label=1)
        distance = np.abs(1 - hit - false_alarm)
        nearest = distance <= distance.min() + 1e-12  # two corners may be equally near
        reported = np.maximum(false_alarm, 1 - hit)[nearest]
        assert np.abs(reported - eer(scores, labels, "nearest_larger")).min() < 1e-12


@pytest.mark.parametrize("definition", EER_DEFINITIONS)
def test_known_values(definition):
    labels = [1, 1, 1, 1, 0, 0, 0, 0]
    assert eer([5, 6, 7, 8, 1, 2, 3, 4], labels, definition) == 0.0
    assert eer([1, 2, 3, 4, 5, 6, 7, 8], labels, definition) == (0.5 if definition == "convex_hull" else 1.0)
    one_swap = 0.125 if definition == "convex_hull" else 0.25
    assert eer([4, 6, 7, 8, 1, 2, 3, 5], labels, definition) == one_swap


@pytest.mark.parametrize("definition", ["interpolated", "convex_hull"])
def test_scores_that_are_all_equal_are_chance(definition):
    assert eer([0.3] * 10, [0, 1] * 5, definition) == pytest.approx(0.5)


scored_trials = st.lists(st.tuples(st.floats(-100, 100, width=32), st.booleans()), min_size=2, max_size=60).filter(
    lambda trials: 0 < sum(label for _, label in trials) < len(trials)
)


@given(scored_trials)
def test_definitions_are_ordered_and_bounded(drawn):
    scores, labels = (np.array(column) for column in zip(*drawn, strict=True))
    hull, interpolated = eer(scores, labels, "convex_hull"), eer(scores, labels)
    assert -1e-12 <= hull <= interpolated + 1e-12
    assert interpolated <= eer(scores, labels, "nearest_larger") + 1e-12 <= 1.0 + 1e-11
    assert hull <= 0.5 + 1e-12


@given(scored_trials, st.randoms(use_true_random=False))
def test_order_of_trials_and_rising_functions_do_not_matter(drawn, random):
    shuffled = random.sample(drawn, len(drawn))
    scores, labels = (np.array(column) for column in zip(*drawn, strict=True))
    other_scores, other_labels = (np.array(column) for column in zip(*shuffled, strict=True))
    for definition in EER_DEFINITIONS:
        expected = eer(scores, labels, definition)
        assert eer(other_scores, other_labels, definition) == pytest.approx(expected, abs=1e-12)
        assert eer(8.0 * scores, labels, definition) == pytest.approx(expected, abs=1e-12)


@given(scored_trials)
def test_interpolated_is_symmetric_in_the_classes(drawn):
    scores, labels = (np.array(column) for column in zip(*drawn, strict=True))
    assert eer(-scores, ~labels) == pytest.approx(eer(scores, labels), abs=1e-12)


def test_a_normal_population_has_its_known_rate():
    rng = np.random.default_rng(0)
    labels = np.arange(400_000) % 2
    scores = rng.standard_normal(len(labels), dtype=np.float32) + np.float32(2.0) * labels
    for definition in EER_DEFINITIONS:
        assert eer(scores, labels, definition) == pytest.approx(0.15866, abs=0.002)  # Phi(-1)


@pytest.mark.parametrize(
    ("scores", "labels", "words"),
    [
        ([1.0, 2.0], [1, 1], "2 with label 1"),
        ([1.0, 2.0], [0, 0], "0 with label 1"),
        ([], [], "both kinds"),
        ([1.0, np.nan, 2.0], [0, 1, 1], "NaN, the first at trial 1"),
        ([1.0, 2.0, 3.0], [0, 1], "each of 2 trials, found 3"),
        ([[1.0, 2.0]], [0, 1], "shape"),
        ([1.0, 2.0], [0, 2], "found 2"),
    ],
)
def test_bad_input_is_named(scores, labels, words):
    with pytest.raises(InputError, match=words):
        eer(scores, labels)


def test_infinite_scores_are_scores():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert eer([np.inf, -np.inf, np.inf, -np.inf], [1, 0, 1, 0]) == 0.0


def test_unknown_definition_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'interpolated'"):
        eer([1.0, 2.0], [0, 1], "interpolate")
