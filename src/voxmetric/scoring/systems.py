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
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.evaluation import SystemScores
from voxmetric.scoring.score_files import read_scores

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable

Scorer = Callable[["TrialList"], NDArray[np.floating]]


def open_system(path: Path, table: UtteranceTable, on_progress: Callable[[int], None] | None = None) -> Scorer:
    """What scores trials: a folder is a model, `*.safetensors` are embeddings, another file holds scores.

    Args:
        path: what to open.
        table: the utterances that a model is to embed: those of the trials.
        on_progress: called with the number of utterances that a model has embedded.

    Returns:
        A function from trials to scores (T,).

    Raises:
        InputError: if there is nothing at `path`, or it cannot be read.
    """
    if path.is_dir():
        # Torch is imported only where a model is.
        from voxmetric.scoring.extraction import embed_table
        from voxmetric.speaker_model import load_model

        return partial(score_trials, embed_table(load_model(path), table, on_progress=on_progress).embeddings)
    if not path.is_file():
        raise InputError(
            f"expected a model's folder, a file of embeddings or a file of scores, found nothing at {path}"
        )
    if path.suffix == ".safetensors":
        return partial(score_trials, EmbeddingSet.load(path))
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
    if are_llrs:
        return SystemScores(scores, scores, "the system's own log-likelihood ratios")
    if development is None:
        return SystemScores(scores)
    calibration = LogisticCalibration.fit(scorer(development), development.labels)
    return SystemScores(
        scores,
        calibration.apply(scores),
        f"logistic, fitted at even prior on {len(development)} trials of other speakers ({development.name})",
    )
