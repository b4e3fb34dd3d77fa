"""From a ranking of enrolled people to an answer: this one, or none of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

UNKNOWN = "unknown"


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
        threshold: what the first candidate had to reach: a log-likelihood ratio where there are such, else a cosine.
    """

    candidates: tuple[Candidate, ...]
    decision: Literal["identified", "unknown", "ranked"]
    speaker: str | None
    threshold: float | None


def decide(
    rankings: Sequence[Sequence[tuple[str, float]]],
    threshold: float | None,
    calibration: Calibration | None,
    num_enrolled: int,
    prior: float,
) -> list[Identification]:
    """Accept or reject the first of each ranking.

    With a calibration and no threshold, the first is accepted when its ratio outweighs the odds against it: a voice
    that is in the gallery with probability `prior`, and is then any of S people alike, is a given one of them with the
    probability `prior / S`, so its ratio must reach `log(S (1 - prior) / prior)` (the Bayes decision between that
    person and somebody who is not enrolled).

    Args:
        rankings: names with cosines for each of Q recordings, best first.
        threshold: a log-likelihood ratio with a calibration, else a cosine.
        calibration: turns cosines into log-likelihood ratios.
        num_enrolled: S.
        prior: probability that a voice is one of the enrolled, in (0, 1).

    Raises:
        InputError: for a threshold that is not finite or a prior that is not between 0 and 1.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"expected a threshold that is a finite number, found {threshold}")
    if not 0.0 < prior < 1.0:
        raise InputError(f"expected a prior between 0 and 1, found {prior}")
    if threshold is None and calibration is not None:
        threshold = math.log(max(1, num_enrolled)) + math.log((1.0 - prior) / prior)
    flat = np.array([score for ranking in rankings for _, score in ranking])
    ratios = iter([None] * len(flat) if calibration is None else calibration.apply(flat).tolist())
    return [
        _answer(tuple(Candidate(name, score, next(ratios)) for name, score in ranking), threshold)
        for ranking in rankings
    ]


def _answer(candidates: tuple[Candidate, ...], threshold: float | None) -> Identification:
    if threshold is None:
        return Identification(candidates, "ranked", None, None)
    best = candidates[0] if candidates else None
    if best is not None:
        reached = best.score if best.log_likelihood_ratio is None else best.log_likelihood_ratio
        if reached >= threshold:
            return Identification(candidates, "identified", best.name, threshold)
    return Identification(candidates, "unknown", None, threshold)
