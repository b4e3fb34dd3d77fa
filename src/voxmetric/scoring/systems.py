"""What can be evaluated: a model, a file of embeddings, or a file of scores that any toolkit wrote."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.embeddings import CropEmbeddingSet, EmbeddingSet
from voxmetric.scoring.evaluation import SystemScores
from voxmetric.scoring.score_files import read_scores
from voxmetric.scoring.scoring_plan import ScoringPlan
from voxmetric.scoring.trial_scorer import TrialScorer

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable

Scorer = Callable[["TrialList"], NDArray[np.floating]]
COSINE = ScoringPlan()


def open_system(
    path: Path,
    table: UtteranceTable,
    on_progress: Callable[[int], None] | None = None,
    plan: ScoringPlan = COSINE,
) -> Scorer:
    """What scores trials: a folder is a model, `*.safetensors` are embeddings, another file holds scores.

    Args:
        path: what to open.
        table: the utterances that a model is to embed: those of the trials and of `plan.ids()`.
        on_progress: called with the number of utterances that a model has embedded.
        plan: how embeddings are scored.

    Returns:
        A function from trials to scores (T,).

    Raises:
        InputError: if there is nothing at `path`, it cannot be read, or it cannot be scored as planned.
    """
    if path.is_dir():
        # Torch is imported only where a model is.
        from voxmetric.scoring.crops_extraction import embed_crops
        from voxmetric.scoring.extraction import embed_table
        from voxmetric.speaker_model import load_model

        model = load_model(path)
        if plan.takes_crops:
            return plan.scorer(embed_crops(model, table, on_progress=on_progress))
        return plan.scorer(embed_table(model, table, on_progress=on_progress).embeddings)
    if not path.is_file():
        raise InputError(
            f"expected a model's folder, a file of embeddings or a file of scores, found nothing at {path}"
        )
    if path.suffix == ".safetensors":
        return plan.scorer((CropEmbeddingSet if plan.takes_crops else EmbeddingSet).load(path))
    if plan.rescores:
        raise InputError(f"{path} holds scores, which no back-end or normalisation applies to: name embeddings instead")
    return partial(read_scores, path)


def system_scores(scorer: Scorer, trials: TrialList, development: TrialList | None, *, are_llrs: bool) -> SystemScores:
    """A system's scores of the trials and, where they can be had, its log-likelihood ratios.

    Args:
        scorer: the system.
        trials: the T trials to evaluate.
        development: trials among other speakers to fit a logistic calibration on.
        are_llrs: the scores are natural log-likelihood ratios already.

    Raises:
        InputError: if the system cannot score some trial.
    """
    scores = scorer(trials)
    scoring = scorer.description if isinstance(scorer, TrialScorer) else "as given"
    if are_llrs:
        return SystemScores(scores, scores, "the system's own log-likelihood ratios", scoring)
    if development is None:
        return SystemScores(scores, scoring=scoring)
    calibration = LogisticCalibration.fit(scorer(development), development.labels)
    return SystemScores(
        scores,
        calibration.apply(scores),
        f"logistic, fitted at even prior on {len(development)} trials of other speakers ({development.name})",
        scoring,
    )
