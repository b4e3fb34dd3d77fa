"""The diarization error rate (NIST, "The 2009 (RT-09) Rich Transcription meeting recognition evaluation plan")."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from voxmetric.errors import InputError
from voxmetric.metrics.diarization.protocol import Protocol, find_protocol
from voxmetric.metrics.diarization.recordings import Diarizations, Recording, Regions, bring_together
from voxmetric.metrics.diarization.sweep import Seconds, Sweep, extent, sweep

SHARE_MISSED_BY_ORACLES = 0.01
"""More speech missed than this, and a hypothesis was not made on the reference's regions."""

ROUNDING = 1e-8
"""Seconds by which sums over a recording's turns may differ that ought to be equal; also md-eval's."""


@dataclass(frozen=True, kw_only=True)
class ErrorTimes:
    """Speaker time in seconds, scored and in error, and its shares.

    Attributes:
        missed: reference speakers beyond the number that the hypothesis has.
        false_alarm: hypothesis speakers beyond the number that the reference has.
        confusion: speakers in both, but not the one mapped.
        total: reference speech, each speaker by himself.
        protocol: how this was counted.
    """

    missed: float
    false_alarm: float
    confusion: float
    total: float
    protocol: Protocol

    @property
    def pooled_rate(self) -> float:
        """Errors that the protocol counts over `total`; NaN where no reference speech is scored."""
        return sum(self.share(name) for name in self.protocol.counted)

    @property
    def missed_rate(self) -> float:
        return self.share("missed")

    @property
    def false_alarm_rate(self) -> float:
        return self.share("false_alarm")

    @property
    def confusion_rate(self) -> float:
        return self.share("confusion")

    def share(self, component: str) -> float:
        """`missed`, `false_alarm` or `confusion` over `total`."""
        seconds: float = getattr(self, component)
        return seconds / self.total if self.total > 0.0 else math.nan


@dataclass(frozen=True, kw_only=True)
class RecordingError(ErrorTimes):
    """The errors in one recording.

    Attributes:
        recording: its name.
        evaluated: seconds that were to be evaluated.
        scored: seconds of them that collars and skipped overlap leave.
        num_speakers: how many speak in the evaluated time by the reference.
        num_found: how many by the hypothesis.
        mapping: speaker of the hypothesis for each of the reference who has one.
    """

    recording: str
    evaluated: float
    scored: float
    num_speakers: int
    num_found: int
    mapping: dict[str, str]

    @property
    def rate(self) -> float:
        """The error rate of this recording; NaN where no reference speech is scored."""
        return self.pooled_rate


@dataclass(frozen=True)
class CountingError:
    """How well speakers were counted, over recordings.

    Attributes:
        exact: share of recordings with the right number.
        mean_error: mean of found minus true.
        mean_absolute_error: mean of its size.
    """

    exact: float
    mean_error: float
    mean_absolute_error: float


@dataclass(frozen=True, kw_only=True)
class DiarizationError(ErrorTimes):
    """The errors over all recordings; its times are sums.

    Attributes:
        recordings: each by itself, in the reference's order.
        cautions: a sentence for everything that did not match or is out of the protocol.
    """

    recordings: tuple[RecordingError, ...]
    cautions: tuple[str, ...]

    @property
    def rate(self) -> float:
        """The error rate as the protocol averages it."""
        return self.pooled_rate if self.protocol.average == "pooled" else self.mean_rate

    @property
    def mean_rate(self) -> float:
        """Unweighted mean over the recordings that have scored speech."""
        rates = [recording.rate for recording in self.recordings if recording.total > 0.0]
        return float(np.mean(rates)) if rates else math.nan

    @property
    def mapping(self) -> dict[str, str]:
        """Speaker of the hypothesis by speaker of the reference, where there is a single recording."""
        if len(self.recordings) != 1:
            raise InputError(f"expected one recording, found {len(self.recordings)}: each has its own mapping")
        return self.recordings[0].mapping

    @property
    def counting(self) -> CountingError:
        """How well speakers were counted."""
        errors = np.array([one.num_found - one.num_speakers for one in self.recordings])
        return CountingError(float(np.mean(errors == 0)), float(errors.mean()), float(np.abs(errors).mean()))

    @property
    def conventions(self) -> str:
        """What the figures mean, in words."""
        return self.protocol.describe()


def diarization_error(
    reference: Diarizations,
    hypothesis: Diarizations,
    collar: float = 0.0,
    skip_overlap: bool = False,
    uem: Regions | None = None,
    protocol: str = "md_eval",
) -> DiarizationError:
    """Missed, false and confused speech of a diarization, as NIST's md-eval counts it.

    Args:
        reference: path of an RTTM file, an annotation, or several (by recording, or a list named by `uri`).
        hypothesis: likewise. A recording that it lacks counts as missed altogether; one that the reference lacks is not
            scored; both are told in `cautions`.
        collar: seconds not scored on EACH side of every reference boundary (pyannote.metrics' collar is both together).
        skip_overlap: do not score time in which reference turns overlap.
        uem: path of a UEM file, or timelines; without it each recording from its first to its last reference turn.
        protocol: `md_eval`, or `narayanaswamy_2019`, which fixes the options.

    Raises:
        InputError: for files that cannot be read, recordings that do not match, or wrong options.
    """
    chosen = find_protocol(protocol, collar, skip_overlap)
    recordings, cautions = bring_together(reference, hypothesis, uem)
    absent = [recording.name for recording in recordings if not recording.in_hypothesis]
    if absent and "missed" not in chosen.counted:
        raise InputError(
            f"expected every recording in the hypothesis, as protocol {chosen.name} does not count missed speech, "
            f"found none of {absent[0]!r} ({len(absent)} missing)"
        )
    errors = tuple(recording_error(recording, chosen) for recording in recordings)
    unscored = [one.recording for one in errors if one.total <= 0.0]
    if unscored:
        cautions.append(
            f"{len(unscored)} of {len(errors)} recordings have no scored reference speech and so no rate of their own: "
            + ", ".join(unscored[:5])
        )
    sums = {name: sum(getattr(one, name) for one in errors) for name in ("missed", "false_alarm", "confusion", "total")}
    if "missed" not in chosen.counted and sums["missed"] > SHARE_MISSED_BY_ORACLES * sums["total"]:
        cautions.append(
            f"the hypothesis misses {sums['missed'] / sums['total']:.1%} of the reference's speech, which protocol "
            f"{chosen.name} does not count: it presumes a hypothesis made on the reference's regions"
        )
    return DiarizationError(**sums, protocol=chosen, recordings=errors, cautions=tuple(cautions))


def recording_error(recording: Recording, protocol: Protocol) -> RecordingError:
    """The errors in one recording."""
    reference, left_out = protocol.prepared(recording.reference)
    regions = extent(recording.reference) if recording.regions is None else recording.regions
    swept = sweep(reference, recording.hypothesis, regions, protocol.collar, protocol.skip_overlap, left_out)
    rows, columns = mapped_speakers(swept, protocol.maps_scored)
    confusion = swept.matched - float(swept.scored_together[rows, columns].sum())
    return RecordingError(
        recording=recording.name,
        missed=swept.missed,
        false_alarm=swept.false_alarm,
        confusion=confusion if confusion > ROUNDING else 0.0,
        total=swept.total,
        protocol=protocol,
        evaluated=swept.evaluated,
        scored=swept.scored,
        num_speakers=int(np.count_nonzero(swept.reference_times)),
        num_found=int(np.count_nonzero(swept.hypothesis_times)),
        mapping={
            reference.speakers[row]: recording.hypothesis.speakers[column]
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        },
    )


def mapped_speakers(
    swept: Sweep, by_scored: bool = False
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Places of the speakers that belong together, (P,) in the reference and (P,) in the hypothesis.

    One to one, so that their common time is greatest, and among equal choices the one with the most scored time.
    """
    from scipy.optimize import linear_sum_assignment

    common: Seconds = swept.scored_together if by_scored else swept.evaluated_together
    rows, columns = linear_sum_assignment(common + 1e-7 * swept.scored_together, maximize=True)
    together = common[rows, columns] > 0.0
    return rows[together], columns[together]
