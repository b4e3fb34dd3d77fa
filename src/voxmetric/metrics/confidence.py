"""Confidence intervals from resampled speakers (see `speaker_resampling` for why not from resampled trials).

The ends are expanded percentiles (see `bootstrap`). On simulated trials with strong speaker effects, 95 % intervals of
the EER covered the truth in 91, 92 and 94 % of data sets of 20, 40 and 100 speakers; resampled trials gave 55 to 65 %.

Where a system was trained several times, its figure is the mean over the runs, and the runs are resampled as well, so
that the interval covers speakers and seeds. Plain resampling of R runs understates their variance by (R - 1) / R, so a
resample's deviation from the mean over runs is widened by the root of the inverse; with two or three runs the interval
is still an optimist's, because so few cannot show how far a seed may stray.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from voxmetric.metrics.bootstrap import Bootstrap, Interval, check_resampling
from voxmetric.metrics.labelled_scores import Floats, check_scores
from voxmetric.metrics.operating_points import OperatingPoints, operating_points
from voxmetric.metrics.resampled_metrics import Metric, PointsMetric, find_metric
from voxmetric.metrics.speaker_resampling import SpeakerResamples

FEW_SPEAKERS = 20
"""Below this many speakers even a widened interval is noticeably too narrow."""

MOST_THRESHOLDS = 2**15
"""Resamples of a list with more target scores than this are evaluated at so many quantiles of them."""


class SpeakerBootstrap(Bootstrap):
    """Intervals for any number of systems scored on one trial list, all from the same resamples of its speakers.

    Attributes:
        resamples: which speakers each resample draws, and what that makes of the trials.
        num_speakers: how many speakers the trials have.
    """

    def __init__(
        self,
        labels: ArrayLike,
        enrol_speakers: ArrayLike,
        test_speakers: ArrayLike,
        *,
        num_resamples: int = 1000,
        seed: int = 0,
        level: float = 0.95,
    ) -> None:
        """Draw the resamples.

        Args:
            labels: (T,), 1 = same speaker.
            enrol_speakers: (T,) speaker of the first side of each trial, as numbers (faster) or strings.
            test_speakers: (T,) speaker of the second side.
            num_resamples: B; 1,000 give the ends of a 95 % interval to within about a twentieth of its width.
            seed: the same seed gives the same resamples.
            level: coverage of the intervals, in (0, 1).

        Raises:
            InputError: for shapes that differ, a label that contradicts the speakers, or too few speakers to resample.
        """
        check_resampling(num_resamples, level)
        self.resamples = SpeakerResamples(labels, enrol_speakers, test_speakers, num_resamples, seed)
        self._seed = seed
        self.num_speakers = self.resamples.num_speakers
        super().__init__(self.num_speakers, "speakers", num_resamples, level)

    @property
    def caution(self) -> str | None:
        """A sentence for reports when the speakers are too few for the interval to be trusted."""
        if self.num_speakers >= FEW_SPEAKERS:
            return None
        return (
            f"The trials have only {self.num_speakers} speakers; intervals from fewer than {FEW_SPEAKERS} "
            "are too narrow."
        )

    def describe(self, num_runs: int = 1) -> str:
        """One sentence for reports: what was resampled, how often, at which level."""
        runs = f" and of {num_runs} training runs" if num_runs > 1 else ""
        return (
            f"{100 * self.level:g} % expanded percentile intervals from {self.num_resamples} bootstrap resamples of "
            f"{self.num_speakers} speakers{runs}; a trial between two speakers weighs the product of how often "
            "each was drawn."
        )

    def interval(self, scores: ArrayLike, metric: str | Metric) -> Interval:
        """The figure on all trials with its interval; arguments as in `replicates`."""
        return self.percentiles(self.value(scores, metric), self.replicates(scores, metric))

    def value(self, scores: ArrayLike, metric: str | Metric) -> float:
        """The figure with every trial counted once, mean over runs; arguments as in `replicates`."""
        chosen = find_metric(metric)
        is_target = self.resamples.is_target
        if isinstance(chosen, PointsMetric):
            figures = [chosen.of_points(operating_points(run, is_target)) for run in self._runs(scores)]
        else:
            figures = [
                chosen.target_costs(run[is_target]).mean(dtype=np.float64)
                + chosen.nontarget_costs(run[~is_target]).mean(dtype=np.float64)
                for run in self._runs(scores)
            ]
        return float(np.mean(figures))

    def replicates(self, scores: ArrayLike, metric: str | Metric) -> NDArray[np.float64]:
        """The figure in each resample.

        Exact up to `MOST_THRESHOLDS` target trials. Beyond, error rates are interpolated between that many quantiles of
        the target scores, an error of the miss rate below 1 / `MOST_THRESHOLDS` = 3e-5 for unit weights.

        Args:
            scores: (T,), or (R, T) for the R training runs of one system. Systems with equally many runs are resampled
                in step, so runs that belong together (by seed) should stand in the same row.
            metric: a name in `resampled_metrics.METRICS`, or one of the classes there with its options.

        Returns:
            (B,) one figure for each resample.

        Raises:
            InputError: for scores of another shape, NaN, or an unknown metric.
        """
        chosen = find_metric(metric)
        runs = self._runs(scores)
        return self.over_runs(np.stack([self._run_replicates(run, chosen) for run in runs], axis=1), self._seed)

    def _runs(self, scores: ArrayLike) -> list[Floats]:
        values = np.asarray(scores)
        rows = values[np.newaxis] if values.ndim == 1 else values
        return [check_scores(run, len(self.resamples.is_target)) for run in rows]

    def _run_replicates(self, scores: Floats, metric: Metric) -> NDArray[np.float64]:
        """(B,) replicates of one run (T,)."""
        is_target = self.resamples.is_target
        if isinstance(metric, PointsMetric):
            bins, num_bins = _bins_between_targets(scores, is_target)
            histograms = self.resamples.weighted_sums(bins, num_bins)
            return np.array([metric.of_points(OperatingPoints.between_bins(*pair)) for pair in histograms])
        costs = np.where(is_target, metric.target_costs(scores), metric.nontarget_costs(scores))
        one_bin = np.zeros(len(scores), dtype=np.int64)
        costs_and_counts = zip(
            self.resamples.weighted_sums(one_bin, 1, costs),
            self.resamples.weighted_sums(one_bin, 1),
            strict=True,
        )
        return np.array([np.sum(np.divide(cost, count)) for cost, count in costs_and_counts])


def _bins_between_targets(scores: Floats, is_target: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """The bin of each trial (T,) and their number: one at each target score, one between each two, two outside."""
    edges = np.sort(scores[is_target])
    if len(edges) > MOST_THRESHOLDS:
        edges = edges[np.linspace(0, len(edges) - 1, MOST_THRESHOLDS).astype(np.int64)]
    edges = np.unique(edges)
    bins = np.searchsorted(edges, scores, side="left") + np.searchsorted(edges, scores, side="right")
    return bins, 2 * len(edges) + 1
