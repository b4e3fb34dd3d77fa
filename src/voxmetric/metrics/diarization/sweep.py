"""One recording's reference and hypothesis laid over each other: how long each pair of speakers spoke together.

Time is cut at every boundary (of turns, scored regions and collars); between two cuts nothing changes, so everything is
a sum over these cells. Conventions are those of NIST's md-eval, version 22.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.turns import Turns

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Seconds = NDArray[np.float64]

NOWHERE: Seconds = np.zeros((0, 2))
"""No region at all."""


@dataclass(frozen=True)
class Sweep:
    """Times in seconds; R speakers in the reference, H in the hypothesis.

    Attributes:
        evaluated: length of the regions that were to be evaluated.
        scored: of these, what collars and skipped overlaps leave.
        total: reference speech in the scored time, each speaker by himself.
        missed: speakers of the reference beyond the number in the hypothesis, in the scored time.
        false_alarm: speakers of the hypothesis beyond the number in the reference, in the scored time.
        matched: the lesser of the two numbers, in the scored time.
        reference_times: (R,) how long each speaker spoke in the evaluated time.
        hypothesis_times: (H,) likewise.
        evaluated_together: (R, H) how long each two spoke at once in the evaluated time.
        scored_together: (R, H) likewise in the scored time.
    """

    evaluated: float
    scored: float
    total: float
    missed: float
    false_alarm: float
    matched: float
    reference_times: Seconds
    hypothesis_times: Seconds
    evaluated_together: Seconds
    scored_together: Seconds


def sweep(
    reference: Turns,
    hypothesis: Turns,
    regions: Seconds,
    collar: float = 0.0,
    skip_overlap: bool = False,
    left_out: Seconds | None = None,
) -> Sweep:
    """Lay a hypothesis over its reference; O(n log n) in the number of turns n.

    Args:
        reference: the true turns; those of one speaker may overlap and count once.
        hypothesis: the turns to be judged.
        regions: (K, 2) start and end of what is evaluated.
        collar: seconds left out on each side of every boundary of a reference turn.
        skip_overlap: leave out the time in which two turns or more of the reference overlap.
        left_out: (Z, 2) start and end of further time that is not scored.
    """
    boundaries = np.concatenate([reference.start, reference.end])
    no_score = NOWHERE if left_out is None else left_out
    if collar > 0.0:
        no_score = np.concatenate([no_score, np.stack([boundaries - collar, boundaries + collar], axis=1)])
    cuts = np.unique(np.concatenate([boundaries, hypothesis.start, hypothesis.end, regions.ravel(), no_score.ravel()]))
    lengths = np.diff(cuts)
    is_evaluated = _depth(cuts, *regions.T) > 0
    is_scored = is_evaluated & (_depth(cuts, *no_score.T) == 0)
    if skip_overlap:
        is_scored &= _depth(cuts, reference.start, reference.end) < 2
    evaluated, scored = lengths * is_evaluated, lengths * is_scored
    in_reference, in_hypothesis = _activity(cuts, reference), _activity(cuts, hypothesis)
    num_reference, num_hypothesis = (
        np.bincount(activity.indices, minlength=len(lengths)) for activity in (in_reference, in_hypothesis)
    )
    return Sweep(
        evaluated=float(evaluated.sum()),
        scored=float(scored.sum()),
        total=float(scored @ num_reference),
        missed=float(scored @ np.maximum(num_reference - num_hypothesis, 0)),
        false_alarm=float(scored @ np.maximum(num_hypothesis - num_reference, 0)),
        matched=float(scored @ np.minimum(num_reference, num_hypothesis)),
        reference_times=in_reference @ evaluated,
        hypothesis_times=in_hypothesis @ evaluated,
        evaluated_together=_together(in_reference, in_hypothesis, evaluated),
        scored_together=_together(in_reference, in_hypothesis, scored),
    )


def extent(*several: Turns) -> Seconds:
    """(1, 2), from the first start to the last end of all turns; (0, 2) without any."""
    starts = np.concatenate([turns.start for turns in several])
    ends = np.concatenate([turns.end for turns in several])
    return np.array([[starts.min(), ends.max()]]) if len(starts) else NOWHERE


def _depth(cuts: Seconds, start: Seconds, end: Seconds) -> NDArray[np.int64]:
    """How many of the intervals cover each cell; `start` and `end` are among the cuts."""
    changes = np.bincount(np.searchsorted(cuts, start), minlength=len(cuts)) - np.bincount(
        np.searchsorted(cuts, end), minlength=len(cuts)
    )
    return np.cumsum(changes)[:-1]


def _activity(cuts: Seconds, turns: Turns) -> csr_array:
    """(speakers, cells) 1.0 where a speaker speaks; overlapping turns of one speaker count once."""
    from scipy.sparse import csr_array

    first, last = np.searchsorted(cuts, turns.start), np.searchsorted(cuts, turns.end)
    spans = last - first
    offsets = np.cumsum(spans) - spans
    cells = np.arange(spans.sum()) - np.repeat(offsets - first, spans)
    speakers = np.repeat(turns.speaker, spans)
    shape = (len(turns.speakers), max(len(cuts) - 1, 0))
    activity = csr_array((np.ones(len(cells)), (speakers, cells)), shape=shape)
    activity.sum_duplicates()
    activity.data[:] = 1.0
    return activity


def _together(in_reference: csr_array, in_hypothesis: csr_array, weights: Seconds) -> Any:
    weighted = in_reference.copy()
    weighted.data = weights[weighted.indices]
    return (weighted @ in_hypothesis.T).toarray()
