"""Which best score is too high for a stranger? The threshold that a cohort of people who are not enrolled sets.

A stranger's best score depends on how many are enrolled and who they are, so the cohort is searched for in the gallery
itself, and the threshold is set where few enough of it would be accepted. For n cohort speakers and another one like
them that is a promise without assumptions about scores: of n + 1 who could stand in any order, at most a share r is
accepted where the n, each counted once whatever the number of their recordings, are accepted at most r (n + 1) - 1
times (conformal prediction: Vovk, Gammerman and Shafer, 2005; with several recordings of each: Lee, Barber and Willett,
"Distribution-free inference with hierarchical data", 2023). It holds on the average over cohorts; how far the rate of
one cohort may stray follows from order statistics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.errors import InputError
from voxmetric.scoring.thresholds import RULE_OF_THREE

LEVEL = 0.95


@dataclass(frozen=True)
class StrangerThreshold:
    """A threshold on the best score of a search.

    Attributes:
        value: accept where the best score is at least this.
        false_alarm: share of strangers that may be accepted, as asked for.
        num_speakers: cohort speakers that it rests on.
        low: of strangers like the cohort, at least this share is accepted, and
        high: at most this one, with a probability of 95 % together; as if each cohort speaker had one recording, which
            makes the interval too wide rather than too narrow.
    """

    value: float
    false_alarm: float
    num_speakers: int
    low: float
    high: float

    def describe(self) -> str:
        """What it promises and what that rests on, in words."""
        return (
            f"a stranger like those of the cohort is accepted in at most {100 * self.false_alarm:g} % of cases, judged "
            f"by {self.num_speakers:,} cohort speakers ({100 * LEVEL:g} % interval of the rate: "
            f"{100 * self.low:.2g} to {100 * self.high:.2g} %)"
        )


def check_cohort_size(num_speakers: int, false_alarm: float) -> None:
    """Refuse a false-alarm rate that so many cohort speakers cannot promise.

    Raises:
        InputError: for a rate outside (0, 1) or fewer speakers than 3 divided by it (rule of three, as for `voxmetric
            threshold`).
    """
    if not 0.0 < false_alarm < 1.0:
        raise InputError(f"expected a false-alarm rate between 0 and 1, found {false_alarm}")
    needed = math.ceil(RULE_OF_THREE / false_alarm - 1e-9)
    if num_speakers < needed:
        least = ""
        if num_speakers > RULE_OF_THREE:
            least = f": {100 * RULE_OF_THREE / num_speakers:.2g} % is the least that these can promise"
        raise InputError(
            f"the cohort is too small for {100 * false_alarm:g} % false alarms: that takes {needed:,} speakers who are "
            f"not enrolled or more (rule of three), found {num_speakers:,}{least}"
        )


def find_stranger_threshold(best_scores: ArrayLike, speakers: ArrayLike, false_alarm: float) -> StrangerThreshold:
    """The lowest threshold that turns strangers away at a wanted rate.

    Args:
        best_scores: (R,) of cohort recordings, each the best in a gallery where its speaker is not enrolled.
        speakers: (R,) whose they are.
        false_alarm: share of strangers that may be accepted, in (0, 1).

    Raises:
        InputError: as `check_cohort_size`.
    """
    scores = np.asarray(best_scores, dtype=np.float64)
    _, codes = np.unique(np.asarray(speakers), return_inverse=True)
    counts = np.bincount(codes)
    num_speakers = len(counts)
    check_cohort_size(num_speakers, false_alarm)
    highest_first = np.argsort(-scores, kind="stable")
    accepted = np.cumsum((1.0 / counts)[codes[highest_first]])
    allowed = false_alarm * (num_speakers + 1) - 1.0
    most = int(np.searchsorted(accepted, allowed * (1.0 + 1e-12), side="right"))
    threshold = float(np.nextafter(scores[highest_first[most]], np.inf))
    low, high = _rate_interval(float(accepted[most - 1]) if most else 0.0, num_speakers)
    return StrangerThreshold(threshold, false_alarm, num_speakers, low, high)


def _rate_interval(accepted: float, num_speakers: int) -> tuple[float, float]:
    """Where the share of strangers accepted lies, when `accepted` of the cohort lie above a threshold at its next one.

    Of n scores the (k + 1)-th highest is exceeded by another one with a probability that is Beta(k + 1, n - k).
    """
    from scipy.special import betaincinv

    tail = (1.0 - LEVEL) / 2.0
    low, high = betaincinv(accepted + 1.0, num_speakers - accepted, [tail, 1.0 - tail])
    return float(low), float(high)
