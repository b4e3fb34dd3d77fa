"""The Jaccard error rate (Ryant et al., "The second DIHARD diarization challenge", Interspeech 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from voxmetric.metrics.diarization.recordings import Diarizations, Recording, Regions, bring_together
from voxmetric.metrics.diarization.sweep import extent, sweep


@dataclass(frozen=True)
class RecordingJaccardError:
    """The Jaccard errors in one recording.

    Attributes:
        recording: its name.
        speakers: error of each reference speaker, in [0, 1]: 1 - shared time / time of either, 1 without a partner.
        mapping: speaker of the hypothesis for each of the reference who has one.
        rate: mean over the speakers; NaN if there are none.
    """

    recording: str
    speakers: dict[str, float]
    mapping: dict[str, str]
    rate: float


@dataclass(frozen=True)
class JaccardError:
    """The Jaccard errors over all recordings.

    Attributes:
        rate: mean over the reference speakers of all recordings, as dscore's overall figure; NaN if there are none.
        recordings: each by itself, in the reference's order.
        cautions: a sentence for everything that did not match.
    """

    rate: float
    recordings: tuple[RecordingJaccardError, ...]
    cautions: tuple[str, ...]

    @property
    def mean_rate(self) -> float:
        """Unweighted mean over recordings that have reference speakers."""
        rates = [one.rate for one in self.recordings if one.speakers]
        return float(np.mean(rates)) if rates else math.nan

    @property
    def conventions(self) -> str:
        """What the figures mean, in words."""
        return (
            "Jaccard error as in DIHARD: for each reference speaker 1 - time shared with the speaker mapped / time of "
            "either, mean over reference speakers; mapped one to one for the least sum; no collar, overlap scored; "
            "without a UEM from the first to the last turn of reference and hypothesis"
        )


def jaccard_error(reference: Diarizations, hypothesis: Diarizations, uem: Regions | None = None) -> JaccardError:
    """Jaccard error rate: every reference speaker weighs the same, however little he says.

    Equals dscore but for its frames of 10 ms, which are exact times here.

    Args:
        reference: as in `diarization_error`.
        hypothesis: likewise.
        uem: likewise; without it each recording from the first to the last turn of either, as dscore has it.

    Raises:
        InputError: as `diarization_error`.
    """
    recordings, cautions = bring_together(reference, hypothesis, uem)
    errors = tuple(recording_jaccard_error(recording) for recording in recordings)
    speakers = [error for one in errors for error in one.speakers.values()]
    return JaccardError(float(np.mean(speakers)) if speakers else math.nan, errors, tuple(cautions))


def recording_jaccard_error(recording: Recording) -> RecordingJaccardError:
    """The Jaccard errors in one recording."""
    from scipy.optimize import linear_sum_assignment

    reference, hypothesis = recording.reference, recording.hypothesis
    regions = extent(reference, hypothesis) if recording.regions is None else recording.regions
    swept = sweep(reference, hypothesis, regions)
    speaking = np.flatnonzero(swept.reference_times)
    found = np.flatnonzero(swept.hypothesis_times)
    shared = swept.evaluated_together[np.ix_(speaking, found)]
    either = swept.reference_times[speaking, np.newaxis] + swept.hypothesis_times[found] - shared
    distances = 1.0 - shared / either
    rows, columns = linear_sum_assignment(distances)
    errors = np.ones(len(speaking))
    errors[rows] = distances[rows, columns]
    return RecordingJaccardError(
        recording.name,
        {reference.speakers[place]: float(error) for place, error in zip(speaking, errors, strict=True)},
        {
            reference.speakers[speaking[row]]: hypothesis.speakers[found[column]]
            for row, column in zip(rows, columns, strict=True)
            if shared[row, column] > 0.0
        },
        float(errors.mean()) if len(errors) else math.nan,
    )
