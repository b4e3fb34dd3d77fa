from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError
from voxmetric.scoring import pair_products
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.embeddings import EmbeddingSet


def drawn(num_utterances: int, num_trials: int, size: int = 16) -> tuple[EmbeddingSet, TrialList]:
    rng = np.random.default_rng(0)
    ids = np.array([f"utterance-{number}" for number in range(num_utterances)])
    embeddings = EmbeddingSet(ids, rng.standard_normal((num_utterances, size)), model="m")
    sides = rng.integers(0, num_utterances, (2, num_trials))
    return embeddings, TrialList(ids[sides[0]], ids[sides[1]], np.zeros(num_trials, dtype=np.int8), "drawn")


def naive_score(embeddings: EmbeddingSet, enrol: str, test: str) -> float:
    one, other = (embeddings.vectors[list(embeddings.ids).index(name)].astype(float) for name in (enrol, test))
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


@pytest.mark.parametrize(("num_utterances", "num_trials"), [(200, 150), (20, 900)], ids=["sparse", "dense"])
@pytest.mark.parametrize("block_cells", [2**24, 2**8], ids=["one block", "many blocks"])
def test_equals_pair_by_pair(monkeypatch, num_utterances, num_trials, block_cells):
    monkeypatch.setattr(pair_products, "BLOCK_CELLS", block_cells)
    embeddings, trials = drawn(num_utterances, num_trials)
    scores = score_trials(embeddings, trials)
    expected = [
        naive_score(embeddings, str(enrol), str(test))
        for enrol, test in zip(trials.enrol_ids, trials.test_ids, strict=True)
    ]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_length_does_not_matter_and_scores_stay_within_bounds():
    embeddings, trials = drawn(30, 500)
    longer = EmbeddingSet(embeddings.ids, 1000.0 * embeddings.vectors, model="m")
    np.testing.assert_allclose(score_trials(longer, trials), score_trials(embeddings, trials), atol=1e-6)
    selves = TrialList(embeddings.ids, embeddings.ids, np.ones(30, dtype=np.int8), "selves")
    scores = score_trials(embeddings, selves)
    np.testing.assert_allclose(scores, 1.0, atol=1e-6)
    assert scores.max() <= 1.0


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_an_embedding_without_direction_is_named(bad):
    embeddings, trials = drawn(30, 50)
    embeddings.vectors[7] = bad
    with pytest.raises(
        InputError, match="1 of 30 embeddings are zero or not finite, the first is that of 'utterance-7'"
    ):
        score_trials(embeddings, trials)


def test_trials_without_an_embedding_are_named():
    embeddings, _ = drawn(30, 50)
    trials = TrialList(np.array(["utterance-1"]), np.array(["unheard-of"]), np.ones(1, dtype=np.int8), "strange")
    with pytest.raises(InputError, match="unheard-of"):
        score_trials(embeddings, trials)
