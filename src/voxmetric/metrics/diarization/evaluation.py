"""What recordings show of one diarization or several: every figure with its interval, and paired tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voxmetric.metrics.bootstrap import Interval
from voxmetric.metrics.diarization.confidence import RatioOfSums, RecordingBootstrap, figures
from voxmetric.metrics.diarization.error import DiarizationError, diarization_error
from voxmetric.metrics.diarization.jaccard import JaccardError, jaccard_error
from voxmetric.metrics.diarization.protocol import find_protocol
from voxmetric.metrics.diarization.recordings import Diarizations, Regions, no_score_caution, turns_by_recording
from voxmetric.metrics.paired import PairedDifference, compare_replicates, resolution_caution

COMPARED = ("der", "jer")
"""The figures by which systems are compared."""


@dataclass(frozen=True)
class RecordingFigures:
    """What one recording shows of a system.

    Attributes:
        recording: its name.
        rate: error rate as the protocol counts it; None where no reference speech is scored.
        missed: seconds, as are the next three.
        false_alarm: likewise.
        confusion: likewise.
        total: reference speech that is scored.
        jaccard: Jaccard error rate; None without reference speakers.
        num_speakers: by the reference.
        num_found: by the system.
        mapping: the system's speaker for each of the reference who has one.
    """

    recording: str
    rate: float | None
    missed: float
    false_alarm: float
    confusion: float
    total: float
    jaccard: float | None
    num_speakers: int
    num_found: int
    mapping: dict[str, str]


@dataclass(frozen=True)
class DiarizationFigures:
    """What the recordings show of one system.

    Attributes:
        name: of the system.
        metrics: `der` under the protocol, its parts `missed`, `false_alarm` and `confusion`, `jer`, and of the number
            of speakers `count_exact` (share right), `count_error` (mean of found minus true) and
            `count_absolute_error`; each with its interval, whose ends are None where there is a single recording.
        mean_rate: unweighted mean of the recordings' rates, whatever the protocol averages.
        pooled_rate: sum of errors over sum of speech, likewise.
        recordings: each by itself.
        notes: what did not match, one sentence each.
    """

    name: str
    metrics: dict[str, Interval]
    mean_rate: float
    pooled_rate: float
    recordings: list[RecordingFigures]
    notes: list[str]


@dataclass(frozen=True)
class DiarizationEvaluation:
    """What the recordings show of one or several systems.

    Attributes:
        protocol: its name.
        conventions: what the error rate is, in words.
        jaccard_conventions: what the Jaccard error rate is, in words.
        num_recordings: how many are scored.
        hours: reference speech scored, each speaker by himself.
        interval: one sentence: what was resampled, how often, the level.
        systems: in the order given.
        pairs: every two systems compared by each of `COMPARED`.
        notes: what a reader must know, one sentence each.
    """

    protocol: str
    conventions: str
    jaccard_conventions: str
    num_recordings: int
    hours: float
    interval: str
    systems: list[DiarizationFigures]
    pairs: list[PairedDifference]
    notes: list[str]


def evaluate_diarizations(
    reference: Diarizations,
    hypotheses: Mapping[str, Diarizations],
    *,
    collar: float = 0.0,
    skip_overlap: bool = False,
    uem: Regions | None = None,
    protocol: str = "md_eval",
    num_resamples: int = 10_000,
) -> DiarizationEvaluation:
    """Evaluate diarizations of the same recordings, on the same resamples of them.

    Args:
        reference: as in `diarization_error`.
        hypotheses: by the name of the system.
        collar: seconds each side of a reference boundary.
        skip_overlap: do not score overlapped reference speech.
        uem: what is scored.
        protocol: by name.
        num_resamples: how often recordings are resampled.

    Raises:
        InputError: as `diarization_error`.
    """
    find_protocol(protocol, collar, skip_overlap)
    true, marks = turns_by_recording(reference), no_score_caution(reference)
    errors: dict[str, DiarizationError] = {}
    jaccard: dict[str, JaccardError] = {}
    for name, hypothesis in hypotheses.items():
        found = turns_by_recording(hypothesis)
        errors[name] = diarization_error(true, found, collar, skip_overlap, uem, protocol)
        jaccard[name] = jaccard_error(true, found, uem)
    ratios = {name: figures(errors[name], jaccard[name]) for name in hypotheses}
    first = next(iter(errors.values()))
    several = len(first.recordings) > 1
    bootstrap = RecordingBootstrap(len(first.recordings), num_resamples=num_resamples) if several else None
    systems = [_figures(name, errors[name], jaccard[name], ratios[name], bootstrap) for name in hypotheses]
    pairs = [] if bootstrap is None or len(systems) < 2 else _pairs(ratios, bootstrap)
    cautions = (
        [bootstrap.caution, resolution_caution(bootstrap, len(ratios) * (len(ratios) - 1) // 2) if pairs else None]
        if bootstrap
        else ["One recording says nothing of others: figures have no intervals and systems are not compared."]
    )
    return DiarizationEvaluation(
        protocol=protocol,
        conventions=first.conventions,
        jaccard_conventions=next(iter(jaccard.values())).conventions,
        num_recordings=len(first.recordings),
        hours=first.total / 3600.0,
        interval=bootstrap.describe() if bootstrap else "No intervals: there is one recording.",
        systems=systems,
        pairs=pairs,
        notes=[*marks, *(caution for caution in cautions if caution)],
    )


def _figures(
    name: str,
    error: DiarizationError,
    jaccard: JaccardError,
    ratios: Mapping[str, RatioOfSums],
    bootstrap: RecordingBootstrap | None,
) -> DiarizationFigures:
    nothing = float("nan")
    return DiarizationFigures(
        name=name,
        metrics={
            key: bootstrap.interval(ratio) if bootstrap else Interval(ratio.value, nothing, nothing)
            for key, ratio in ratios.items()
        },
        mean_rate=error.mean_rate,
        pooled_rate=error.pooled_rate,
        recordings=[
            RecordingFigures(
                recording=one.recording,
                rate=one.rate if one.total > 0.0 else None,
                missed=one.missed,
                false_alarm=one.false_alarm,
                confusion=one.confusion,
                total=one.total,
                jaccard=other.rate if other.speakers else None,
                num_speakers=one.num_speakers,
                num_found=one.num_found,
                mapping=one.mapping,
            )
            for one, other in zip(error.recordings, jaccard.recordings, strict=True)
        ],
        notes=list(error.cautions),
    )


def _pairs(ratios: Mapping[str, Mapping[str, RatioOfSums]], bootstrap: RecordingBootstrap) -> list[PairedDifference]:
    pairs: list[PairedDifference] = []
    for metric in COMPARED:
        values = {name: of_system[metric].value for name, of_system in ratios.items()}
        replicates = {name: bootstrap.replicates(of_system[metric]) for name, of_system in ratios.items()}
        pairs += compare_replicates(bootstrap, values, replicates, metric)
    return pairs
