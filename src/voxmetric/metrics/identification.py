"""Figures of merit of an identification system: is the right person found, and are strangers turned away?

Closed set: every probe is of an enrolled person, and only the order of the candidates counts (top-k accuracy). Open
set: some probes are of strangers. A probe of an enrolled person is detected and identified when that person is among
the first r candidates and reaches the threshold; a stranger raises a false alarm when anybody does (Phillips, Grother
and Micheals, "Evaluation methods in face recognition", Handbook of Face Recognition, 2011; with the names of NIST's
FRVT, the false-alarm rate is FPIR and one less the detection and identification rate is FNIR).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SearchOutcomes:
    """What searches of a gallery came to: all that the figures need, whatever the gallery's size.

    Attributes:
        ranks: (K,) for each probe of an enrolled person, their place among the candidates, 1 = first; infinite where
            they are not among those looked at.
        scores: (K,) that person's score, minus infinity where they are not.
        stranger_scores: (U,) for each probe of a stranger, the best score of anybody.
    """

    ranks: Floats
    scores: Floats
    stranger_scores: Floats

    @classmethod
    def of_scores(cls, scores: ArrayLike, truth: ArrayLike) -> SearchOutcomes:
        """The outcomes of a matrix of scores.

        Args:
            scores: (P, S) of each probe against each enrolled person, higher meaning more alike.
            truth: (P,) the column of the person who speaks, -1 for a stranger.

        Raises:
            InputError: for shapes that differ, NaN, or a column that is not there.
        """
        values, columns = np.asarray(scores), np.asarray(truth)
        if values.ndim != 2 or not values.shape[1] or columns.shape != values.shape[:1]:
            raise InputError(
                f"expected scores of shape (P, S) and the column of the truth for each of P probes, found "
                f"{values.shape} and {columns.shape}"
            )
        if np.isnan(values).any():
            raise InputError("expected scores that are numbers, found NaN; look for empty or silent recordings")
        if len(columns) and not (columns.min() >= -1 and columns.max() < values.shape[1]):
            raise InputError(f"expected columns from 0 to {values.shape[1] - 1}, or -1 for a stranger")
        known = columns >= 0
        own = np.take_along_axis(values[known], columns[known][:, np.newaxis], axis=1)
        # Ties count against the system: whoever scores as high may stand before.
        ranks = np.count_nonzero(values[known] >= own, axis=1)
        return cls(ranks.astype(np.float64), own[:, 0].astype(np.float64), values[~known].max(axis=1).astype(float))

    def identified(self, rank: int = 1) -> NDArray[np.bool_]:
        """(K,) whether each enrolled speaker is among the first `rank` candidates.

        Raises:
            InputError: for a rank below 1, or if there is no probe of an enrolled person.
        """
        if rank < 1:
            raise InputError(f"expected a rank of at least 1, found {rank}")
        if not len(self.ranks):
            raise InputError("expected probes of enrolled people, found none")
        return self.ranks <= rank

    def accuracy(self, k: int = 1) -> float:
        """Closed set: share of the probes of enrolled people whose person is among the first k.

        Raises:
            InputError: as `identified`.
        """
        return float(np.mean(self.identified(k)))

    def rates(self, threshold: float, rank: int = 1) -> tuple[float, float]:
        """The false-alarm rate and the detection and identification rate at a threshold that scores must reach.

        Raises:
            InputError: as `curve`.
        """
        self._check_strangers()
        detected = self.identified(rank) & (self.scores >= threshold)
        return float(np.mean(self.stranger_scores >= threshold)), float(np.mean(detected))

    def detectable_scores(self, rank: int) -> Floats:
        """(K,) the scores, minus infinity where no threshold would help because of the rank; errors as `identified`."""
        return np.where(self.identified(rank), self.scores, -np.inf)

    def threshold(self, false_alarm_rate: float) -> float:
        """The lowest threshold at which no larger share of the strangers raises a false alarm.

        Raises:
            InputError: for a rate outside [0, 1], or if there is no probe of a stranger.
        """
        self._check_strangers()
        if not 0.0 <= false_alarm_rate <= 1.0:
            raise InputError(f"expected a false-alarm rate from 0 to 1, found {false_alarm_rate}")
        falling = np.sort(self.stranger_scores)[::-1]
        allowed = int(np.floor(false_alarm_rate * len(falling) * (1.0 + 1e-12)))
        return -np.inf if allowed >= len(falling) else float(np.nextafter(falling[allowed], np.inf))

    def detection_identification_rate(self, false_alarm_rate: float, rank: int = 1) -> float:
        """The detection and identification rate at `threshold(false_alarm_rate)`; errors as `curve`."""
        return self.rates(self.threshold(false_alarm_rate), rank)[1]

    def curve(self, rank: int = 1) -> tuple[Floats, Floats, Floats]:
        """Thresholds (M,), rising, with the false-alarm rate and the detection and identification rate at each.

        The thresholds are the distinct scores of strangers, each just exceeded, after one that everybody reaches.

        Raises:
            InputError: for a rank below 1, or if the probes of enrolled people or those of strangers are missing.
        """
        self._check_strangers()
        detected, strangers = np.sort(self.detectable_scores(rank)), np.sort(self.stranger_scores)
        thresholds = np.append(-np.inf, np.nextafter(np.unique(strangers), np.inf))
        # A person who is not among the first `rank` is not detected even where everybody is accepted.
        lowest = np.searchsorted(detected, -np.inf, side="right")
        below = np.maximum(np.searchsorted(detected, thresholds, side="left"), lowest)
        false_alarms = 1.0 - np.searchsorted(strangers, thresholds, side="left") / len(strangers)
        return thresholds, false_alarms, 1.0 - below / len(detected)

    def _check_strangers(self) -> None:
        if not len(self.stranger_scores):
            raise InputError("expected probes of people who are not enrolled, found none: there is no false-alarm rate")


def top_k_accuracy(scores: ArrayLike, truth: ArrayLike, k: int = 1) -> float:
    """Share of the probes of enrolled people whose person is among the k best.

    Args:
        scores: (P, S) of each probe against each enrolled person, higher meaning more alike.
        truth: (P,) the column of the person who speaks, -1 for a stranger, whose probe is left out.
        k: how many candidates count; ties count against the system.

    Raises:
        InputError: for shapes that differ, NaN, a column that is not there, k below 1 or no probe of an enrolled
            person.
    """
    return SearchOutcomes.of_scores(scores, truth).accuracy(k)


def detection_identification_rate(
    scores: ArrayLike, truth: ArrayLike, false_alarm_rate: float = 0.01, rank: int = 1
) -> float:
    """Share of the probes of enrolled people who are among the first `rank` and reach the threshold, in [0, 1].

    Args:
        scores: (P, S) of each probe against each enrolled person, higher meaning more alike.
        truth: (P,) the column of the person who speaks, -1 for a stranger.
        false_alarm_rate: the threshold is the lowest that at most this share of the strangers reaches.
        rank: how many candidates count.

    Raises:
        InputError: as `top_k_accuracy`; and for a rate outside [0, 1] or no probe of a stranger.
    """
    return SearchOutcomes.of_scores(scores, truth).detection_identification_rate(false_alarm_rate, rank)
