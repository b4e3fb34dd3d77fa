"""From a ranking of enrolled people to an answer: this one, or none of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.identification.stranger_threshold import StrangerThreshold

UNKNOWN = "unknown"

Scale = Literal["cosine", "log_likelihood_ratio", "normalized_score"]


class Calibration(Protocol):
    """Turns scores into natural log-likelihood ratios, such as `scoring.calibration.LogisticCalibration`."""

    def apply(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Ratios (T,) of scores (T,)."""


@dataclass(frozen=True)
class Candidate:
    """An enrolled person who may be the one heard.

    Attributes:
        name: of the person.
        score: cosine, in [-1, 1].
        log_likelihood_ratio: natural, of this person against another; None without a calibration.
    """

    name: str
    score: float
    log_likelihood_ratio: float | None = None


@dataclass(frozen=True)
class Identification:
    """The answer for one recording.

    Attributes:
        candidates: enrolled people, the likeliest first.
        decision: `identified`: it is `speaker`; `unknown`: none of the gallery; `ranked`: no threshold was given, so
            nothing was rejected and nobody was accepted either.
        speaker: the first candidate where identified, else None.
        threshold: what the first candidate had to reach.
        threshold_on: which figure of that candidate: its `cosine`, `log_likelihood_ratio` or `normalized_score`.
        normalized_score: of the first candidate: its cosine, relative to those of both sides with the gallery's cohort;
            None where that was not asked for.
        strangers: what the threshold promises, where the gallery's cohort set it.
    """

    candidates: tuple[Candidate, ...]
    decision: Literal["identified", "unknown", "ranked"]
    speaker: str | None
    threshold: float | None
    threshold_on: Scale | None = None
    normalized_score: float | None = None
    strangers: StrangerThreshold | None = None

    @property
    def best_score(self) -> float | None:
        """What the threshold is compared with; None without candidates."""
        if not self.candidates:
            return None
        best = self.candidates[0]
        if self.threshold_on == "normalized_score":
            return self.normalized_score
        return best.score if self.threshold_on == "cosine" else best.log_likelihood_ratio


def decide(
    rankings: Sequence[Sequence[tuple[str, float]]],
    threshold: float | None,
    calibration: Calibration | None,
    num_enrolled: int,
    prior: float,
    strangers: StrangerThreshold | None = None,
    normalized: Sequence[float | None] | None = None,
) -> list[Identification]:
    """Accept or reject the first of each ranking.

    With a calibration and no threshold, the first is accepted when its ratio outweighs the odds against it: a voice
    that is in the gallery with probability `prior`, and is then any of S people alike, is a given one of them with the
    probability `prior / S`, so its ratio must reach `log(S (1 - prior) / prior)` (the Bayes decision between that
    person and somebody who is not enrolled).

    Args:
        rankings: names with cosines for each of Q recordings, best first.
        threshold: on the normalised score if there are such, else a log-likelihood ratio with a calibration, else a
            cosine.
        calibration: turns cosines into log-likelihood ratios.
        num_enrolled: S.
        prior: probability that a voice is one of the enrolled, in (0, 1).
        strangers: a threshold that a cohort has set instead, on the normalised score if there are such, else a cosine.
        normalized: Q normalised scores, of the first of each ranking.

    Raises:
        InputError: for a threshold that is not finite or a prior that is not between 0 and 1.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"expected a threshold that is a finite number, found {threshold}")
    if not 0.0 < prior < 1.0:
        raise InputError(f"expected a prior between 0 and 1, found {prior}")
    scale: Scale = "cosine" if calibration is None or strangers is not None else "log_likelihood_ratio"
    if normalized is not None:
        scale = "normalized_score"
    if strangers is not None:
        threshold = strangers.value
    elif threshold is None and calibration is not None:
        threshold = math.log(max(1, num_enrolled)) + math.log((1.0 - prior) / prior)
    flat = np.array([score for ranking in rankings for _, score in ranking])
    ratios = iter([None] * len(flat) if calibration is None else calibration.apply(flat).tolist())
    listed = [tuple(Candidate(name, score, next(ratios)) for name, score in ranking) for ranking in rankings]
    answers = []
    for candidates, relative in zip(listed, [None] * len(listed) if normalized is None else normalized, strict=True):
        known = Identification(candidates, "ranked", None, None)
        if threshold is not None:
            known = replace(
                known,
                decision="unknown",
                threshold=threshold,
                threshold_on=scale,
                normalized_score=relative,
                strangers=strangers,
            )
            if known.best_score is not None and known.best_score >= threshold:
                known = replace(known, decision="identified", speaker=candidates[0].name)
        answers.append(known)
    return answers
