"""Intervals of diarization figures, from resampled recordings.

Errors within a recording hang together (one speaker split in two spoils all of it), so recordings are drawn, not turns
or seconds: as many as there are, with replacement. Every figure is a ratio of sums over recordings and is formed anew
from the sums of each resample, so a long recording weighs in its interval as it does in the figure. Two systems are
compared in the same resamples (McNemar's test, which counts decisions that do not depend on each other, has no place
here). How often intervals hold the truth on recordings of very unlike lengths is in docs/diarization_error.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.metrics.bootstrap import Bootstrap, Interval
from voxmetric.metrics.diarization.error import DiarizationError
from voxmetric.metrics.diarization.jaccard import JaccardError

FEW_RECORDINGS = 20
"""Below this many recordings even a widened interval is noticeably too narrow."""


@dataclass(frozen=True)
class RatioOfSums:
    """A figure that is a sum over N recordings over another.

    Attributes:
        above: (N,) what is summed.
        below: (N,) what it is divided by; means have ones here.
    """

    above: NDArray[np.float64]
    below: NDArray[np.float64]

    @property
    def value(self) -> float:
        """The figure with every recording counted once; NaN where there is nothing to divide by."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.above.sum() / self.below.sum())


def figures(error: DiarizationError, jaccard: JaccardError) -> dict[str, RatioOfSums]:
    """Every figure of a system by name: `der` under the protocol, its parts, `jer` and how speakers were counted."""
    recordings = error.recordings
    total = np.array([one.total for one in recordings])
    parts = {
        name: np.array([getattr(one, name) for one in recordings]) for name in ("missed", "false_alarm", "confusion")
    }
    if error.protocol.average == "mean":
        has_speech = total > 0.0
        parts = {
            name: np.divide(part, total, where=has_speech, out=np.zeros_like(part)) for name, part in parts.items()
        }
        total = has_speech.astype(np.float64)
    counted = np.sum([parts[name] for name in error.protocol.counted], axis=0)
    surplus = np.array([one.num_found - one.num_speakers for one in recordings], np.float64)
    each = np.ones(len(recordings))
    return {
        "der": RatioOfSums(counted, total),
        **{name: RatioOfSums(part, total) for name, part in parts.items()},
        "jer": RatioOfSums(
            np.array([sum(one.speakers.values()) for one in jaccard.recordings]),
            np.array([len(one.speakers) for one in jaccard.recordings], np.float64),
        ),
        "count_exact": RatioOfSums((surplus == 0.0).astype(np.float64), each),
        "count_error": RatioOfSums(surplus, each),
        "count_absolute_error": RatioOfSums(np.abs(surplus), each),
    }


class RecordingBootstrap(Bootstrap):
    """Intervals for figures of any number of systems on the same recordings, all from the same resamples.

    Attributes:
        weights: (B, N) how often each resample draws each recording.
    """

    def __init__(self, num_recordings: int, *, num_resamples: int = 1000, seed: int = 0, level: float = 0.95) -> None:
        """Draw the resamples.

        Args:
            num_recordings: N.
            num_resamples: B.
            seed: the same seed gives the same resamples.
            level: coverage of the intervals, in (0, 1).

        Raises:
            InputError: for fewer than 2 recordings or resamples, or another level.
        """
        super().__init__(num_recordings, "recordings", num_resamples, level)
        self._seed = seed
        even = np.full(num_recordings, 1.0 / num_recordings)
        self.weights = np.random.default_rng(seed).multinomial(num_recordings, even, size=num_resamples)

    @property
    def caution(self) -> str | None:
        """A sentence for reports when the recordings are too few for the interval to be trusted."""
        if self.num_units >= FEW_RECORDINGS:
            return None
        return f"There are only {self.num_units} recordings; intervals from fewer than {FEW_RECORDINGS} are too narrow."

    def describe(self, num_runs: int = 1) -> str:
        """One sentence for reports: what was resampled, how often, at which level."""
        runs = f" and of {num_runs} training runs" if num_runs > 1 else ""
        return (
            f"{100 * self.level:g} % expanded percentile intervals from {self.num_resamples} bootstrap resamples of "
            f"{self.num_units} recordings{runs}; systems are compared in the same resamples."
        )

    def interval(self, figure: RatioOfSums) -> Interval:
        """The figure on all recordings with its interval."""
        return self.percentiles(figure.value, self.replicates(figure))

    def replicates(self, figure: RatioOfSums) -> NDArray[np.float64]:
        """The figure in each resample (B,); the figure itself where a resample leaves nothing to divide by."""
        above, below = self.weights @ figure.above, self.weights @ figure.below
        replicates: NDArray[np.float64] = np.full(len(above), figure.value)
        return np.divide(above, below, where=below > 0.0, out=replicates)

    def replicates_of_runs(self, runs: Sequence[RatioOfSums]) -> NDArray[np.float64]:
        """The mean figure of a system's training runs, as many as there are, in each resample (B,); see `over_runs`."""
        return self.over_runs(np.stack([self.replicates(run) for run in runs], axis=1), self._seed)
