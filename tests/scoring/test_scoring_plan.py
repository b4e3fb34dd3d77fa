from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.trials import all_pairs
from voxmetric.errors import InputError
from voxmetric.scoring.backends.crops_distance import CropsDistance
from voxmetric.scoring.crops_extraction import embed_crops
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.enrolments import Enrolments
from voxmetric.scoring.score_files import write_scores
from voxmetric.scoring.scoring_plan import ScoringPlan
from voxmetric.scoring.systems import open_system
from voxmetric.scoring.trial_scorer import TrialScorer


def test_a_model_is_scored_by_crops(model, table, tmp_path):
    trials = all_pairs(table)
    model.save(tmp_path / "model")
    found = open_system(tmp_path / "model", table, plan=ScoringPlan("crops_distance"))(trials)
    expected = TrialScorer(embed_crops(model, table), CropsDistance())(trials)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_scores_in_a_file_take_no_back_end(table, tmp_path):
    trials = all_pairs(table)
    write_scores(tmp_path / "scores.txt", trials, np.zeros(len(trials)))
    with pytest.raises(InputError, match="holds scores, which no back-end"):
        open_system(tmp_path / "scores.txt", table, plan=ScoringPlan("crops_cosine"))


def test_ids_are_those_of_training_cohort_and_models(table):
    ids = table.ids
    plan = ScoringPlan(
        "lda",
        training=table.take([0, 1, 3]),
        normalization="s_norm",
        cohort=table.take([3, 4]),
        enrolments=Enrolments({"anna": [ids[7], ids[8]]}),
    )
    assert plan.ids().tolist() == sorted(ids[[0, 1, 3, 4, 7, 8]])
    own = EmbeddingSet(["a", "b"], np.eye(2), "m")
    assert ScoringPlan(normalization="s_norm", cohort_embeddings=own).ids().tolist() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"normalization": "snorm"}, "unknown normalisation 'snorm'"),
        ({"cohort_by": "session"}, "unknown sort of cohort member 'session'"),
        ({"backend": "crops_cosine", "cohort_by": "speaker"}, "its cohort is by utterance"),
    ],
)
def test_plans_that_cannot_be(arguments, words):
    with pytest.raises(InputError, match=words):
        ScoringPlan(**arguments)
