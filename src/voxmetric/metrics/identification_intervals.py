"""Confidence intervals of identification figures, from resampled speakers.

Probes of one voice rise and fall together, so speakers are drawn, not probes, each with all its probes; the enrolled
and the strangers apart, because an evaluation chooses how many there are of each. The gallery stays as it is: the
interval is about other probes of like speakers, not about other galleries. A threshold that a false-alarm rate sets is
set anew in each resample. Quantiles are taken a little further out for few speakers, as in `confidence`, and a rate of
0 or 1 gets the interval that so many speakers leave possible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError
from voxmetric.metrics.bootstrap import Bootstrap, Interval, check_resampling, widened_at_bounds
from voxmetric.metrics.identification import Floats, SearchOutcomes

CHUNK_CELLS = 2**23
"""Cells of the largest work array: 64 MiB."""


class IdentificationBootstrap:
    """Intervals for figures of one set of probes, all from the same resamples.

    Args:
        speakers: (K,) who speaks in each probe of an enrolled person, as names or numbers.
        strangers: (U,) who speaks in each probe of a stranger; none for a closed set.
        num_resamples: B.
        seed: the same seed gives the same resamples.
        level: coverage of the intervals, such as 0.95.

    Raises:
        InputError: for fewer than two enrolled speakers or a single stranger, who cannot be resampled.
    """

    def __init__(
        self,
        speakers: ArrayLike,
        strangers: ArrayLike,
        *,
        num_resamples: int = 1000,
        seed: int = 0,
        level: float = 0.95,
    ) -> None:
        check_resampling(num_resamples, level)
        self._level = level
        rng = np.random.default_rng(seed)
        self._known, self.num_speakers = _drawn(speakers, num_resamples, rng)
        self._unknown, self.num_strangers = _drawn(strangers, num_resamples, rng)
        if self.num_speakers < 2 or self.num_strangers == 1:
            raise InputError(
                f"expected probes of at least two enrolled speakers and two strangers for an interval, found "
                f"{self.num_speakers} and {self.num_strangers}"
            )

    def accuracy(self, outcomes: SearchOutcomes, k: int = 1) -> Interval:
        """Top-k accuracy with its interval; errors as `SearchOutcomes.accuracy`."""
        replicates = _means(outcomes.identified(k), *self._known)
        return self._interval(outcomes.accuracy(k), replicates, self.num_speakers)

    def rates(self, outcomes: SearchOutcomes, threshold: float, rank: int = 1) -> tuple[Interval, Interval]:
        """False-alarm rate and detection and identification rate at a threshold, each with its interval."""
        false_alarm, detection = outcomes.rates(threshold, rank)
        alarms = _means(outcomes.stranger_scores >= threshold, *self._unknown)
        detected = _means(outcomes.detectable_scores(rank) >= threshold, *self._known)
        return (
            self._interval(false_alarm, alarms, self.num_strangers),
            self._interval(detection, detected, self.num_speakers),
        )

    def detection_identification_rate(
        self, outcomes: SearchOutcomes, false_alarm_rate: float, rank: int = 1
    ) -> Interval:
        """The detection and identification rate at a false-alarm rate, with its interval."""
        value = outcomes.detection_identification_rate(false_alarm_rate, rank)
        scores = outcomes.detectable_scores(rank)
        highest_first = np.argsort(-outcomes.stranger_scores, kind="stable")
        lowest_first = np.argsort(scores, kind="stable")
        strangers, detected = outcomes.stranger_scores[highest_first], scores[lowest_first]
        (known, known_weights), (unknown, unknown_weights) = self._known, self._unknown
        chunk = max(1, CHUNK_CELLS // (len(detected) + len(strangers)))
        replicates = []
        for first in range(0, len(known_weights), chunk):
            alarms = np.cumsum(unknown_weights[first : first + chunk][:, unknown[highest_first]], axis=1)
            # The first stranger beyond the allowance: the threshold is just above that score.
            within = alarms <= false_alarm_rate * alarms[:, -1:] * (1.0 + 1e-12)
            beyond = np.count_nonzero(within, axis=1)
            limits = np.append(strangers, -np.inf)[beyond]
            missed = np.cumsum(known_weights[first : first + chunk][:, known[lowest_first]], axis=1)
            below = np.searchsorted(detected, limits, side="right")
            missed_weights = np.where(below > 0, missed[np.arange(len(missed)), below - 1], 0)
            replicates.append(1.0 - missed_weights / missed[:, -1])
        return self._interval(value, np.concatenate(replicates), min(self.num_speakers, self.num_strangers))

    def _interval(self, value: float, replicates: Floats, num_speakers: int) -> Interval:
        found = Bootstrap(num_speakers, "speakers", len(replicates), self._level).percentiles(value, replicates)
        return widened_at_bounds(found, num_speakers, self._level)


def _drawn(
    speakers: ArrayLike, num_resamples: int, rng: np.random.Generator
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], int]:
    """The number of each probe's speaker (P,), how often each resample draws each speaker (B, S), and S."""
    names, codes = np.unique(np.asarray(speakers), return_inverse=True)
    count = len(names)
    weights = np.zeros((num_resamples, count), dtype=np.int64)
    if count:
        weights[:] = rng.multinomial(count, np.full(count, 1.0 / count), size=num_resamples)
    return (codes.astype(np.int64), weights), count


def _means(values: NDArray[np.bool_], codes: NDArray[np.int64], weights: NDArray[np.int64]) -> Floats:
    """(B,) weighted means of values (P,)."""
    size = weights.shape[1]
    sums, counts = np.bincount(codes, values, size), np.bincount(codes, minlength=size)
    means: Floats = (weights @ sums) / (weights @ counts)
    return means
