"""One trained run on the test trials: embeddings, scores, and scores calibrated on the development speakers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.extraction import embed_table
from voxmetric.speaker_model import load_model
from voxmetric.training.recipe import Recipe
from voxmetric.training.subsets import pairs_of, select

TEST, DEVELOPMENT = "test-embeddings.safetensors", "development-embeddings.safetensors"


@dataclass(frozen=True)
class RunScores:
    """What a run makes of the test trials.

    Attributes:
        scores: (T,) cosine of each trial.
        calibrated: (T,) natural log-likelihood ratios: the scores through a logistic calibration that was fitted on
            the development speakers' trials; none if there are no development speakers.
        embeddings: of the test utterances.
    """

    scores: NDArray[np.float32]
    calibrated: NDArray[np.float64] | None
    embeddings: EmbeddingSet


def embed_parts(folder: Path, recipe: Recipe) -> None:
    """Embed the test and development utterances with the model in `folder` and keep both beside it."""
    if (folder / TEST).exists():
        return
    import torch

    torch.set_num_threads(max(1, recipe.training.threads))
    model = load_model(folder)
    subsets = select(recipe)
    if subsets.development is not None:
        embed_table(model, subsets.development).embeddings.save(folder / DEVELOPMENT)
    assert subsets.test is not None
    embed_table(model, subsets.test).embeddings.save(folder / TEST)


def score_run(folder: Path, trials: TrialList, development: UtteranceTable | None, seed: int) -> RunScores:
    """Score the trials with the embeddings that `embed_parts` kept; `seed` is that of the development trials."""
    embeddings = EmbeddingSet.load(folder / TEST)
    scores = score_trials(embeddings, trials)
    if development is None:
        return RunScores(scores, None, embeddings)
    pairs = pairs_of(development, seed)
    calibration = LogisticCalibration.fit(score_trials(EmbeddingSet.load(folder / DEVELOPMENT), pairs), pairs.labels)
    return RunScores(scores, calibration.apply(scores), embeddings)
