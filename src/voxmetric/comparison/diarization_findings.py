"""From diarized recordings to what may be claimed: intervals over recordings and seeds, paired tests, ties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voxmetric.comparison.diarization import found_turns, settings_of
from voxmetric.comparison.verdicts import estimate_of, pair_of, rank_of
from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.diarization.confidence import RatioOfSums, RecordingBootstrap, figures
from voxmetric.metrics.diarization.error import DiarizationError, diarization_error
from voxmetric.metrics.diarization.jaccard import jaccard_error
from voxmetric.metrics.paired import compare_replicates, resamples_needed, resolution_caution
from voxmetric.reports.results import DiarizedObjective, DiarizedSet, Rank
from voxmetric.training.recipe import ComparisonPlan, DiarizationTest

MOST_RESAMPLES = 100_000
"""Enough to tell the best of a hundred pairs from a tie with 25 recordings; with fewer the report says it cannot."""

SHOWN = ("der", "missed", "false_alarm", "confusion", "jer", "count_exact")


@dataclass(frozen=True)
class _Runs:
    """One objective's runs on a set: the errors of the first, and every figure of each."""

    error: DiarizationError
    figures: list[dict[str, RatioOfSums]]

    def value(self, metric: str) -> float:
        return float(np.mean([run[metric].value for run in self.figures]))


def find_diarized(
    name: str,
    recordings: AnnotatedRecordings,
    test: DiarizationTest,
    plan: ComparisonPlan,
    folders: Mapping[str, Sequence[Path]],
) -> DiarizedSet:
    """Score a set as every run diarized it, on the same resamples of its recordings.

    Args:
        name: of the set.
        recordings: with their turns.
        test: how they were diarized and are scored.
        plan: resamples and level.
        folders: label of each objective to the folders of its runs, in the order of their seeds.

    Raises:
        InputError: for fewer than two recordings.
    """
    runs = {label: _score(name, recordings, test, paths) for label, paths in folders.items()}
    num_pairs = len(runs) * (len(runs) - 1) // 2
    needed = resamples_needed(num_pairs, plan.level, max(2, len(recordings.turns)))
    bootstrap = RecordingBootstrap(
        len(recordings.turns),
        num_resamples=max(plan.resamples, min(2 * needed, MOST_RESAMPLES)),
        level=plan.level,
    )
    replicates = {
        label: bootstrap.replicates_of_runs([run["der"] for run in one.figures]) for label, one in runs.items()
    }
    values = {label: one.value("der") for label, one in runs.items()}
    pairs = compare_replicates(bootstrap, values, replicates, "der") if len(runs) > 1 else []
    best = min(values, key=values.__getitem__)
    first = next(iter(runs.values())).error
    cautions = [
        bootstrap.caution,
        resolution_caution(bootstrap, num_pairs) if num_pairs else None,
        _shared_speakers(recordings),
    ]
    counts = np.array([len(turns.speakers) for turns in recordings.turns.values()])
    return DiarizedSet(
        name=name,
        sha256=recordings.sha256,
        num_recordings=len(counts),
        hours=first.total / 3600.0,
        recordings_by_speakers={str(count): int((counts == count).sum()) for count in np.unique(counts)},
        conventions=first.conventions,
        system=describe_system(test),
        interval=bootstrap.describe(len(next(iter(runs.values())).figures)),
        objectives=sorted(
            (_objective(label, one, counts, bootstrap, rank_of(label, best, pairs)) for label, one in runs.items()),
            key=lambda objective: objective.metrics["der"].value,
        ),
        pairs=[pair_of(pair) for pair in pairs],
        notes=[caution for caution in cautions if caution] + [f"{caution}." for caution in first.cautions],
    )


def describe_system(test: DiarizationTest) -> str:
    """How recordings are diarized, in words."""
    settings = settings_of(test)
    speech = "taken from the reference" if test.speech == "reference" else f"found by {settings.voice_activity}"
    least, most = settings.bounds
    number = (
        "their number given"
        if test.known_number
        else f"{least} of them or more"
        if most is None
        else f"{least} to {most} of them"
    )
    return (
        f"speech {speech}; windows of {settings.window_seconds:g} s every {settings.hop_seconds:g} s; speakers by "
        f"{settings.clustering}, {number}"
    )


def _score(name: str, recordings: AnnotatedRecordings, test: DiarizationTest, folders: Sequence[Path]) -> _Runs:
    found = [found_turns(folder, name, recordings) for folder in folders]
    errors = [
        diarization_error(recordings.turns, one, test.collar, test.skip_overlap, recordings.scored, test.protocol)
        for one in found
    ]
    jaccard = [jaccard_error(recordings.turns, one, recordings.scored) for one in found]
    return _Runs(errors[0], [figures(*pair) for pair in zip(errors, jaccard, strict=True)])


def _objective(
    label: str,
    runs: _Runs,
    counts: NDArray[np.int64],
    bootstrap: RecordingBootstrap,
    rank: Rank,
) -> DiarizedObjective:
    return DiarizedObjective(
        name=label,
        metrics={
            metric: estimate_of(
                bootstrap.percentiles(
                    runs.value(metric), bootstrap.replicates_of_runs([run[metric] for run in runs.figures])
                )
            )
            for metric in SHOWN
        },
        per_seed=[{metric: run[metric].value for metric in SHOWN} for run in runs.figures],
        by_speakers={
            str(count): estimate_of(_of_some(runs, np.flatnonzero(counts == count), bootstrap))
            for count in np.unique(counts)
            if np.count_nonzero(counts == count) > 1
        },
        rank=rank,
    )


def _of_some(runs: _Runs, chosen: NDArray[np.int64], bootstrap: RecordingBootstrap) -> Interval:
    """The error rate of some recordings, which are resampled among themselves."""
    some = [RatioOfSums(run["der"].above[chosen], run["der"].below[chosen]) for run in runs.figures]
    among = RecordingBootstrap(len(chosen), num_resamples=bootstrap.num_resamples, level=bootstrap.level)
    return among.percentiles(float(np.mean([run.value for run in some])), among.replicates_of_runs(some))


def _shared_speakers(recordings: AnnotatedRecordings) -> str | None:
    """A sentence where recordings have speakers in common, by name."""
    names = Counter(speaker for turns in recordings.turns.values() for speaker in turns.speakers)
    shared = sum(1 for count in names.values() if count > 1)
    if not shared:
        return None
    return (
        f"{shared} of {len(names)} speakers are in several recordings, which are not independent then: the intervals "
        "are for other recordings of the same people."
    )
