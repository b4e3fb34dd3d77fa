"""Which threshold? One for a wanted error rate or for given costs, with what it can be expected to do.

How much can be asked of the data. Trials of one speaker stand or fall together, so units are counted, not trials: for
false accepts the pairs of different speakers, for false rejects the speakers with target trials. Where none of n
independent units errs, the error rate may still be 3 / n (rule of three, 95 %), so a rate r cannot be promised from
fewer than 3 / r units; to know it within a third either way takes 30 errors, hence 30 / r units (Doddington's rule of
30). Pairs that share a speaker are not independent either, so these counts are the least that is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.bootstrap import Interval, widened_at_bounds
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.detection_cost import bayes_threshold, normalised_costs
from voxmetric.metrics.labelled_scores import check_scores

MOST_THRESHOLDS = 2**13
"""Candidates on longer lists are so many quantiles of the scores of either class."""
RULE_OF_THREE, RULE_OF_THIRTY = 3, 30


@dataclass(frozen=True)
class ErrorTarget:
    """An error rate that must not be exceeded.

    Attributes:
        kind: `false_accept`: share of pairs of different speakers accepted; `false_reject`: share of pairs of one
            speaker rejected.
        rate: in (0, 1).
    """

    kind: Literal["false_accept", "false_reject"]
    rate: float

    def __post_init__(self) -> None:
        if not 0.0 < self.rate < 1.0:
            raise InputError(f"expected a {self.kind.replace('_', '-')} rate between 0 and 1, found {self.rate}")

    def choose(self, false_accept: NDArray[np.float64], false_reject: NDArray[np.float64]) -> int:
        """Place of the threshold, among rising ones with these rates (K,), that keeps to the rate with least harm."""
        if self.kind == "false_accept":
            return int(np.argmax(false_accept <= self.rate))
        return int(np.flatnonzero(false_reject <= self.rate)[-1])

    def rates_at_stake(self) -> tuple[float | None, float | None]:
        """The false-accept and false-reject rates that the data must be able to show."""
        return (self.rate, None) if self.kind == "false_accept" else (None, self.rate)

    def describe(self) -> str:
        """The target in words."""
        return f"{self.kind.replace('_', ' ')}s at most {100 * self.rate:g} %"


@dataclass(frozen=True)
class CostTarget:
    """The least expected cost.

    Attributes:
        prior: probability that two voices are one speaker's, in (0, 1).
        cost_miss: of rejecting the same speaker.
        cost_false_accept: of accepting another one.
    """

    prior: float
    cost_miss: float = 1.0
    cost_false_accept: float = 1.0

    def __post_init__(self) -> None:
        normalised_costs(self.prior, self.cost_miss, self.cost_false_accept)

    @property
    def bayes_threshold(self) -> float:
        """Where calibrated log-likelihood ratios should be cut."""
        return bayes_threshold(self.prior, self.cost_miss, self.cost_false_accept)

    def choose(self, false_accept: NDArray[np.float64], false_reject: NDArray[np.float64]) -> int:
        """Place of the cheapest threshold, among rising ones with these rates (K,)."""
        miss, accept = normalised_costs(self.prior, self.cost_miss, self.cost_false_accept)
        return int(np.argmin(miss * false_reject + accept * false_accept))

    def rates_at_stake(self) -> tuple[float | None, float | None]:
        """The rate at which one sort of error alone costs as much as a constant answer: beyond it nothing is gained."""
        ratio = math.exp(-self.bayes_threshold)
        return (ratio, None) if ratio < 1.0 else (None, 1.0 / ratio)

    def describe(self) -> str:
        """The target in words."""
        return (
            f"least cost at prior {self.prior:g}, {self.cost_miss:g} for a false reject and "
            f"{self.cost_false_accept:g} for a false accept"
        )


Target = ErrorTarget | CostTarget


@dataclass(frozen=True)
class Recommendation:
    """A threshold on the score and what it does.

    Attributes:
        target: what was asked for, in words.
        threshold: accept where the score is at least this; the interval is where it may lie for other speakers.
        false_accept: share of non-target trials accepted at this threshold, as it stands, with its interval.
        false_reject: share of target trials rejected, likewise.
        enough_data: whether the target can be promised at all from so few speakers.
        cautions: what a reader must know, one sentence each.
        interval: one sentence: what was resampled, how often, the level.
    """

    target: str
    threshold: Interval
    false_accept: Interval
    false_reject: Interval
    enough_data: bool
    cautions: list[str]
    interval: str


def recommend_threshold(
    scores: ArrayLike,
    labels: ArrayLike,
    enrol_speakers: ArrayLike,
    test_speakers: ArrayLike,
    target: Target,
    *,
    num_resamples: int = 1000,
    seed: int = 0,
) -> Recommendation:
    """The threshold that meets a target on scored trials, chosen again in every resample of their speakers.

    Args:
        scores: (T,), higher meaning more alike.
        labels: (T,), 1 = same speaker.
        enrol_speakers: (T,) speaker of one side of each trial.
        test_speakers: (T,) speaker of the other.
        target: a rate not to exceed, or costs.
        num_resamples: how often the speakers are resampled.
        seed: of the resamples.

    Raises:
        InputError: for shapes that differ, scores that are not finite, labels that contradict the speakers, or too few
            speakers to resample.
    """
    bootstrap = SpeakerBootstrap(labels, enrol_speakers, test_speakers, num_resamples=num_resamples, seed=seed)
    is_target = bootstrap.resamples.is_target
    values = check_scores(scores, len(is_target)).astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError("expected finite scores, found infinite ones: no threshold parts them")
    thresholds = _candidates(values[is_target], values[~is_target])
    bins = np.searchsorted(thresholds, values, side="right")
    num_bins = len(thresholds) + 1
    counts = (np.bincount(bins[chosen], minlength=num_bins).astype(float) for chosen in (is_target, ~is_target))
    false_accept, false_reject = _rates(*counts)
    place = target.choose(false_accept, false_reject)
    replicates = np.empty((num_resamples, 3))
    for row, weighted in zip(replicates, bootstrap.resamples.weighted_sums(bins, num_bins), strict=True):
        accepted, rejected = _rates(*weighted)
        row[:] = thresholds[target.choose(accepted, rejected)], accepted[place], rejected[place]
    of_threshold, of_accept, of_reject = (
        bootstrap.percentiles(float(value), column)
        for value, column in zip(
            (thresholds[place], false_accept[place], false_reject[place]), replicates.T, strict=True
        )
    )
    units = _Units.of_trials(is_target, np.asarray(enrol_speakers), np.asarray(test_speakers))
    enough, cautions = _sufficiency(target, units)
    return Recommendation(
        target=target.describe(),
        threshold=of_threshold,
        false_accept=widened_at_bounds(of_accept, units.pairs),
        false_reject=widened_at_bounds(of_reject, units.target_speakers),
        enough_data=enough,
        cautions=[*cautions, *([bootstrap.caution] if bootstrap.caution else [])],
        interval=bootstrap.describe(),
    )


def speakers_needed(rate: float, errors: int, kind: str) -> int:
    """How many speakers let `errors` errors be expected at an error rate, each pair of them, or each one, counted once.

    Args:
        rate: in (0, 1).
        errors: `RULE_OF_THREE` or `RULE_OF_THIRTY`.
        kind: `false_accept` counts pairs of speakers, `false_reject` speakers.
    """
    units = math.ceil(errors / rate - 1e-9)
    if kind == "false_reject":
        return units
    return math.ceil((1.0 + math.sqrt(1.0 + 8.0 * units)) / 2.0 - 1e-9)


def _candidates(target: NDArray[np.float64], nontarget: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rising thresholds (K,), from one that accepts everything to one that rejects everything."""
    kept = [
        part
        if len(part) <= MOST_THRESHOLDS
        else np.sort(part)[np.linspace(0, len(part) - 1, MOST_THRESHOLDS).astype(np.int64)]
        for part in (target, nontarget)
    ]
    distinct = np.unique(np.concatenate(kept))
    between = distinct[:-1] + np.diff(distinct) / 2.0
    return np.concatenate([distinct[:1], between, [np.nextafter(distinct[-1], np.inf)]])


def _rates(target: NDArray[np.float64], nontarget: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """False accepts and false rejects at each threshold (K,), from weights between the thresholds (K + 1,)."""
    rejected = np.cumsum(target)[:-1] / target.sum()
    accepted = np.cumsum(nontarget[::-1])[::-1][1:] / nontarget.sum()
    return accepted, rejected


@dataclass(frozen=True)
class _Units:
    """What stands or falls as a whole.

    Attributes:
        pairs: of different speakers with trials.
        pair_speakers: in those pairs.
        target_speakers: with trials against themselves.
    """

    pairs: int
    pair_speakers: int
    target_speakers: int

    @classmethod
    def of_trials(cls, is_target: NDArray[np.bool_], enrol: NDArray[np.generic], test: NDArray[np.generic]) -> _Units:
        one, other = np.sort(_codes(enrol, test)[:, ~is_target], axis=0)
        size = int(other.max()) + 1
        pairs = np.unique(one * size + other)
        speakers = np.unique(np.concatenate(np.divmod(pairs, size)))
        return cls(len(pairs), len(speakers), len(np.unique(enrol[is_target])))


def _sufficiency(target: Target, units: _Units) -> tuple[bool, list[str]]:
    """Whether the data can carry the target, and what to say if not, or barely."""
    accept, reject = target.rates_at_stake()
    kind, rate = ("false_accept", accept) if accept is not None else ("false_reject", reject)
    assert rate is not None
    if kind == "false_accept":
        found, speakers, unit = units.pairs, units.pair_speakers, "pairs of different speakers"
    else:
        found = speakers = units.target_speakers
        unit = "speakers with trials against themselves"
    what = f"{100 * rate:.3g} % {kind.replace('_', ' ')}s"
    counted = f"{found:,} {unit}" + (f" ({speakers:,} speakers)" if kind == "false_accept" else "")
    if found < RULE_OF_THREE / rate:
        return False, [
            f"Too little data for the target: {what} needs at least {math.ceil(RULE_OF_THREE / rate):,} {unit}, that "
            f"is {speakers_needed(rate, RULE_OF_THREE, kind):,} speakers or more, found {counted} (rule of three)."
        ]
    if found < RULE_OF_THIRTY / rate:
        return True, [
            f"Little data for the target: {what} is known to within a third only from "
            f"{math.ceil(RULE_OF_THIRTY / rate):,} {unit}, that is {speakers_needed(rate, RULE_OF_THIRTY, kind):,} "
            f"speakers, found {counted} (rule of 30)."
        ]
    return True, []


def _codes(enrol: NDArray[np.generic], test: NDArray[np.generic]) -> NDArray[np.int64]:
    """Speakers of both sides as numbers: (2, T)."""
    _, codes = np.unique(np.concatenate([enrol, test]), return_inverse=True)
    return codes.astype(np.int64).reshape(2, -1)
