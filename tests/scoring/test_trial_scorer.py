from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError
from voxmetric.scoring import trial_scorer
from voxmetric.scoring.backends.cosine import Cosine
from voxmetric.scoring.backends.crops_distance import CropsDistance
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.embeddings import CropEmbeddingSet, EmbeddingSet
from voxmetric.scoring.enrolments import Enrolments
from voxmetric.scoring.trial_scorer import Normalization, TrialScorer

IDS = [f"r{number}" for number in range(12)]


@pytest.fixture
def embeddings() -> EmbeddingSet:
    return EmbeddingSet(IDS, np.random.default_rng(0).standard_normal((12, 6)), "m")


def trials_of(enrol: list[str], test: list[str]) -> TrialList:
    return TrialList(enrol, test, [0] * len(enrol))


@pytest.mark.parametrize("at_once", [2**14, 5])
def test_cosine_is_the_plain_one(monkeypatch, embeddings, at_once):
    monkeypatch.setattr(trial_scorer, "UTTERANCES_AT_ONCE", at_once)
    rng = np.random.default_rng(1)
    trials = trials_of(*rng.choice(IDS, (2, 40)).tolist())
    np.testing.assert_allclose(TrialScorer(embeddings, Cosine())(trials), score_trials(embeddings, trials), atol=1e-6)


def test_models_of_several_recordings_beside_single_ones(embeddings):
    scorer = TrialScorer(embeddings, Cosine(), Enrolments({"anna": ["r3", "r1", "r7"], "bert": ["r2"]}))
    scores = scorer(trials_of(["anna", "r5", "bert", "anna"], ["r0", "r0", "r5", "r11"]))
    units = embeddings.vectors / np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    anna = units[[3, 1, 7]].mean(axis=0)
    anna /= np.linalg.norm(anna)
    expected = [anna @ units[0], units[5] @ units[0], units[2] @ units[5], anna @ units[11]]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


@pytest.mark.parametrize("at_once", [2**14, 3])
def test_normalised_scores_of_models(monkeypatch, embeddings, at_once):
    monkeypatch.setattr(trial_scorer, "UTTERANCES_AT_ONCE", at_once)
    cohort = np.random.default_rng(2).standard_normal((30, 6)).astype(np.float32)
    enrolments = Enrolments({"anna": ["r3", "r1"]})
    enrol, test = ["anna", "r5", "r6", "anna", "r2"], ["r0", "r0", "r5", "r11", "r4"]
    plain = TrialScorer(embeddings, Cosine(), enrolments)(trials_of(enrol, test))
    found = TrialScorer(embeddings, Cosine(), enrolments, Normalization("as_norm", cohort, top=5))(
        trials_of(enrol, test)
    )
    with_cohort = EmbeddingSet([*IDS, *(f"c{n}" for n in range(30))], np.concatenate([embeddings.vectors, cohort]), "m")
    for place, (one, other) in enumerate(zip(enrol, test, strict=True)):
        sides = []
        for side in (one, other):
            versus = trials_of([side] * 30, [f"c{n}" for n in range(30)])
            highest = np.sort(TrialScorer(with_cohort, Cosine(), enrolments)(versus))[-5:]
            sides.append((plain[place] - highest.mean()) / highest.std())
        assert found[place] == pytest.approx(np.mean(sides), abs=1e-4)


def test_crops_go_with_back_ends_of_crops(embeddings):
    crops = CropEmbeddingSet(IDS, np.random.default_rng(3).standard_normal((12, 4, 6)), "m")
    trials = trials_of(["r0", "r1"], ["r2", "r2"])
    assert TrialScorer(crops, CropsDistance())(trials).shape == (2,)
    with pytest.raises(InputError, match="takes embeddings of crops, found ones of whole recordings"):
        TrialScorer(embeddings, CropsDistance())(trials)
    with pytest.raises(InputError, match="takes embeddings of whole recordings, found ones of crops"):
        TrialScorer(crops, Cosine())(trials)


def test_missing_and_empty_embeddings_are_named(embeddings):
    scorer = TrialScorer(embeddings, Cosine())
    with pytest.raises(InputError, match="1 ids have no embedding, the first: nobody"):
        scorer(trials_of(["nobody"], ["r0"]))
    embeddings.vectors[4] = 0.0
    with pytest.raises(InputError, match="the first is that of 'r4'"):
        scorer(trials_of(["r1"], ["r4"]))
