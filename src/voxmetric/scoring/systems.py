"""What can be evaluated: a model, a file of embeddings, or a file of scores that any toolkit wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric import shipped
from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import CropEmbeddingSet, EmbeddingSet
from voxmetric.scoring.evaluation import SystemScores
from voxmetric.scoring.fusion import LogisticFusion
from voxmetric.scoring.score_files import read_scores
from voxmetric.scoring.scoring_plan import ScoringPlan
from voxmetric.scoring.trial_scorer import TrialScorer

if TYPE_CHECKING:
    from voxmetric.data.trials import TrialList
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.precision import Request
    from voxmetric.scoring.model_calibration import ModelCalibration

Scorer = Callable[["TrialList"], NDArray[np.floating]]
COSINE = ScoringPlan()


def open_system(
    path: Path,
    table: UtteranceTable,
    on_progress: Callable[[int], None] | None = None,
    plan: ScoringPlan = COSINE,
    precision: Request = "float32",
) -> Scorer:
    """What scores trials: a folder is a model, `*.safetensors` are embeddings, another file holds scores.

    Args:
        path: what to open; a shipped model's name will do.
        table: the utterances that a model is to embed: those of the trials and of `plan.ids()`.
        on_progress: called with the number of utterances that a model has embedded.
        plan: how embeddings are scored.
        precision: in which a model embeds; see `SpeakerModel`.

    Returns:
        A function from trials to scores (T,).

    Raises:
        InputError: if there is nothing at `path`, it cannot be read, or it cannot be scored as planned.
    """
    path = shipped.locate(path)
    if path.is_dir():
        # Torch is imported only where a model is.
        from voxmetric.scoring.crops_extraction import embed_crops
        from voxmetric.scoring.extraction import embed_table
        from voxmetric.speaker_model import load_model

        model = load_model(path, precision=precision)
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


def kept_calibration(path: Path, plan: ScoringPlan = COSINE) -> ModelCalibration | None:
    """The calibration in a model's folder, None where there is none or the scores are not those that it is for.

    Raises:
        InputError: if it is damaged or belongs to another model.
    """
    from voxmetric.scoring.model_calibration import FILE

    path = shipped.locate(path)
    if plan.rescores or not (path / FILE).exists():
        return None
    from voxmetric.speaker_model import load_model

    return load_model(path).calibration


def system_scores(
    scorer: Scorer,
    trials: TrialList,
    development: TrialList | None,
    *,
    are_llrs: bool,
    method: str = "logistic",
    qualities: Callable[[TrialList], NDArray[np.float64]] | None = None,
    kept: ModelCalibration | None = None,
) -> SystemScores:
    """A system's scores of the trials and, where they can be had, its log-likelihood ratios.

    Args:
        scorer: the system.
        trials: the T trials to evaluate.
        development: trials among other speakers to fit a calibration on.
        are_llrs: the scores are natural log-likelihood ratios already.
        method: of calibration, a key of `model_calibration.MAPS`.
        qualities: gives the quality measures (T, Q) of trials, for a calibration that weighs them.
        kept: the model's own calibration, used where none is to be fitted.

    Raises:
        InputError: if the system cannot score some trial.
    """
    from voxmetric.scoring.model_calibration import apply_map, fit_map

    def measured(of: TrialList, *, needed: bool) -> NDArray[np.float64] | None:
        return qualities(of) if needed and qualities is not None else None

    scores = scorer(trials)
    scoring = scorer.description if isinstance(scorer, TrialScorer) else "as given"
    if are_llrs:
        return SystemScores(scores, scores, "the system's own log-likelihood ratios", scoring)
    if development is None and kept is None:
        return SystemScores(scores, scoring=scoring)
    if development is None:
        assert kept is not None
        ratios = kept.apply(scores, measured(trials, needed=kept.needs_qualities))
        same = "; those are the trials evaluated, which flatters it" if _fitted_on(kept, trials) else ""
        return SystemScores(scores, ratios, f"{kept.describe()}{same}", scoring)
    of_development = scorer(development)
    weighs = method == "logistic_quality"
    fitted = fit_map(method, of_development, development.labels, measured(development, needed=weighs))
    at_prior = "fitted" if method == "isotonic" else "fitted at even prior"
    return SystemScores(
        scores,
        apply_map(fitted, scores, measured(trials, needed=weighs)),
        f"{method}, {at_prior} on {len(development)} trials of other speakers ({development.name})",
        scoring,
        of_development,
        fitted,
    )


def fused_scores(systems: Mapping[str, SystemScores], development: TrialList) -> SystemScores:
    """The system that the best weighted sum of several makes, its weights fitted on the development trials.

    Args:
        systems: two or more, with their scores of the development trials.
        development: the trials that each of them was calibrated on.

    Raises:
        InputError: for fewer than two systems.
    """
    of_development = [system.development for system in systems.values() if system.development is not None]
    fusion = LogisticFusion.fit(np.stack(of_development), development.labels)
    ratios = fusion.apply(np.stack([system.scores for system in systems.values()]))
    parts = ", ".join(f"{weight:.3g} {name}" for name, weight in zip(systems, fusion.weights, strict=True))
    how = f"logistic fusion, fitted at even prior on {len(development)} trials of other speakers ({development.name})"
    return SystemScores(ratios, ratios, how, f"weighted sum: {parts}")


def _fitted_on(kept: ModelCalibration, trials: TrialList) -> bool:
    return kept.fitted_on.trials_sha256 == trials.sha256
