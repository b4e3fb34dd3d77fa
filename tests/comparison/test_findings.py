"""What is claimed of made scores: a clear winner, a tie, and a loser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.comparison.evaluation import RunScores
from voxmetric.comparison.findings import ObjectiveRuns, find
from voxmetric.data.trials import all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.reports.results import BEST, TIE, WORSE, Comparison
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.subsets import Subsets
from voxmetric.training.trainer import TrainingResult

NUM_SPEAKERS, TAKES, SEEDS = 40, 4, [0, 1, 2]
# How far apart target and non-target scores are: the first two objectives differ by far less than by chance.
SEPARATION = {"clear": 3.0, "as clear": 2.98, "poor": 1.0}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("findings")
    names = [f"s{speaker:02d}" for speaker in range(NUM_SPEAKERS) for _ in range(TAKES)]
    ids = [f"{name}-{take % TAKES}" for take, name in enumerate(names)]
    test = UtteranceTable.from_columns({"id": ids, "path": ids, "speaker": names}, folder, "made")
    trials = all_pairs(test)
    rng = np.random.default_rng(0)
    oddness = 0.7 * rng.standard_normal(NUM_SPEAKERS)  # some voices are hard for every objective
    _, codes = test.speaker_codes()
    first, second = trials.indices(test.ids)
    hard = oddness[codes[first]] + oddness[codes[second]]
    scores = {
        label: [
            RunScores(
                (apart * trials.labels + hard + rng.standard_normal(len(trials))).astype(np.float32),
                None,
                EmbeddingSet(test.ids, rng.standard_normal((len(test), 8)), "made"),
            )
            for _ in SEEDS
        ]
        for label, apart in SEPARATION.items()
    }
    result = TrainingResult("f", None, 60.0, 100.0, 0.1, 2.0, 3, 4, 5, 6, 0, "float32")
    objectives = [
        ObjectiveRuns(label, "softmax", {}, SEEDS, [folder] * 3, [result] * 3, [], 0.0) for label in SEPARATION
    ]
    recipe = from_mapping({"data": {"table": "t.csv"}, "compare": {"seeds": 3, "resamples": 500}})
    subsets = Subsets(test, np.unique(names), codes, 0, None, test)
    return find(recipe, subsets, trials, objectives, ["bad"], scores, 100.0)


def test_a_clear_difference_is_claimed_and_a_slight_one_is_a_tie(comparison: Comparison) -> None:
    ranks = {objective.name: objective.rank for objective in comparison.objectives}
    assert ranks.pop("poor") == WORSE
    assert sorted(ranks.values()) == sorted([BEST, TIE])
    assert comparison.objectives[0].rank == BEST
    verdicts = {frozenset((pair.a, pair.b)): pair.verdict for pair in comparison.pairs}
    assert verdicts[frozenset(("clear", "as clear"))] == "tie"
    assert verdicts[frozenset(("clear", "poor"))] == "clear better"


def test_objectives_stand_in_order_of_their_error(comparison: Comparison) -> None:
    errors = [objective.metrics["eer"].value for objective in comparison.objectives]
    assert errors == sorted(errors)
    for objective in comparison.objectives:
        estimate = objective.metrics["eer"]
        assert estimate.low < estimate.value < estimate.high
        assert estimate.value == pytest.approx(np.mean([figures["eer"] for figures in objective.per_seed]))


def test_without_development_speakers_there_is_no_cllr_and_the_report_says_so(comparison: Comparison) -> None:
    assert all("cllr" not in objective.metrics for objective in comparison.objectives)
    assert any("no Cllr" in note for note in comparison.notes)


def test_an_objective_that_diverged_is_named(comparison: Comparison) -> None:
    assert "bad is left out: its training diverged." in comparison.notes


def test_the_trials_are_counted(comparison: Comparison) -> None:
    trials = comparison.trials
    assert (trials.num_speakers, trials.num_utterances) == (40, 160)
    assert (trials.num_target, trials.num_nontarget) == (40 * 6, 160 * 159 // 2 - 240)


def test_the_cost_is_the_mean_over_runs(comparison: Comparison) -> None:
    assert comparison.objectives[0].cost.train_seconds == 60.0
    assert comparison.objectives[0].weights_sha256 == ["f"] * 3
    assert Path(comparison.data["table"]).name == "t.csv"
