from __future__ import annotations

import numpy as np
import pytest

from voxmetric import metrics
from voxmetric.data.trials import TrialList, all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.evaluation import SystemScores, evaluate_systems


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> UtteranceTable:
    """Thirty speakers with four utterances each."""
    speakers = np.repeat([f"speaker-{number}" for number in range(30)], 4)
    ids = [f"{speaker}/{place}" for place, speaker in enumerate(speakers)]
    columns = {"id": ids, "path": ids, "speaker": list(speakers)}
    return UtteranceTable.from_columns(columns, tmp_path_factory.mktemp("audio"), "the test")


@pytest.fixture(scope="module")
def trials(table) -> TrialList:
    return all_pairs(table)


def scores_of(trials: TrialList, distance: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(len(trials)) + distance * trials.labels


def test_figures_are_those_of_the_metrics(table, trials):
    scores = scores_of(trials, 2.0, seed=0)
    llrs = 2.0 * scores - 2.0
    found = evaluate_systems(table, trials, {"one": SystemScores(scores, llrs, "by hand")}, num_resamples=20)
    (system,) = found.systems
    labels = trials.labels
    expected = {
        "eer": metrics.eer(scores, labels),
        "min_cllr": metrics.min_cllr(scores, labels),
        "min_dcf_0.01": metrics.min_dcf(scores, labels, 0.01),
        "min_dcf_0.05": metrics.min_dcf(scores, labels, 0.05),
        "cllr": metrics.cllr(llrs, labels),
        "act_dcf_0.01": metrics.act_dcf(llrs, labels, 0.01),
        "act_dcf_0.05": metrics.act_dcf(llrs, labels, 0.05),
    }
    assert {name: interval.value for name, interval in system.metrics.items()} == pytest.approx(expected)
    assert system.calibration == "by hand"
    assert all(interval.low < interval.high for interval in system.metrics.values())


def test_scores_without_calibration_have_no_cllr(table, trials):
    found = evaluate_systems(table, trials, {"one": SystemScores(scores_of(trials, 2.0, 0))}, num_resamples=20)
    assert set(found.systems[0].metrics) == {"eer", "min_cllr", "min_dcf_0.01", "min_dcf_0.05"}
    assert found.pairs == []


def test_trials_are_described(table, trials):
    found = evaluate_systems(table, trials, {"one": SystemScores(scores_of(trials, 2.0, 0))}, num_resamples=20)
    assert (found.trials, found.trials_sha256) == (trials.name, trials.sha256)
    assert (found.num_target, found.num_nontarget) == (30 * 6, 120 * 119 // 2 - 30 * 6)
    assert (found.num_speakers, found.num_utterances) == (30, 120)
    assert "20 bootstrap resamples of 30 speakers" in found.interval


def test_two_systems_are_compared(table, trials):
    systems = {name: SystemScores(scores_of(trials, distance, 1)) for name, distance in (("poor", 0.5), ("good", 3.0))}
    found = evaluate_systems(table, trials, systems, num_resamples=200)
    (pair,) = found.pairs
    assert (pair.a, pair.b, pair.verdict) == ("poor", "good", "b better")
    assert pair.difference.value == pytest.approx(
        found.systems[0].metrics["eer"].value - found.systems[1].metrics["eer"].value
    )


def test_the_definition_asked_for_is_used_and_told(table, trials):
    scores = scores_of(trials, 2.0, 0)
    found = evaluate_systems(table, trials, {"one": SystemScores(scores)}, definition="convex_hull", num_resamples=20)
    assert found.systems[0].metrics["eer"].value == metrics.eer(scores, trials.labels, "convex_hull")
    assert found.eer_definition == metrics.EER_DEFINITIONS["convex_hull"]


def test_too_few_speakers_and_resamples_are_noted(table):
    few = table.take(range(16))
    trials = all_pairs(few)
    systems = {name: SystemScores(scores_of(trials, 2.0, seed)) for seed, name in enumerate("ab")}
    notes = evaluate_systems(few, trials, systems, num_resamples=20).notes
    assert len(notes) == 2
    assert "only 4 speakers" in notes[0]
    assert "20 resamples of 4 speakers" in notes[1]


def test_infinite_costs_are_refused(table, trials):
    scores = scores_of(trials, 2.0, 0)
    wrong = np.where(np.arange(len(scores)) == 0, -np.inf, 0.0)  # the first trial is a target trial
    with pytest.raises(InputError, match="expected finite log-likelihood ratios of one"):
        evaluate_systems(table, trials, {"one": SystemScores(scores, wrong)}, num_resamples=20)


def test_labels_that_contradict_the_table_are_refused(table, trials):
    turned = TrialList(trials.enrol_ids, trials.test_ids, 1 - trials.labels, "turned")
    with pytest.raises(InputError, match="contradict the speakers"):
        evaluate_systems(table, turned, {"one": SystemScores(scores_of(trials, 2.0, 0))}, num_resamples=20)
