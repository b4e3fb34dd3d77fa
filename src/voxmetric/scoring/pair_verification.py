"""Verifying a whole list of pairs: scores, ratios and decisions, past recordings that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError
from voxmetric.scoring.cosine import score_trials
from voxmetric.scoring.extraction import embed_table
from voxmetric.scoring.quality import qualities_of_trials
from voxmetric.scoring.verification import decision_rule

if TYPE_CHECKING:
    from voxmetric.data.utterances import UtteranceTable
    from voxmetric.speaker_model import SpeakerModel

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class VerifiedPairs:
    """The answers for T pairs.

    Attributes:
        pairs: the pairs.
        scores: (T,) cosines, NaN where a recording of the pair could not be read.
        ratios: (T,) natural log-likelihood ratios, likewise; None without a calibration.
        threshold: what was to be reached; None where there is nothing to decide by.
        basis: what the decisions rest on, in words.
        unreadable: id to reason of each recording that could not be read.
    """

    pairs: TrialList
    scores: Floats
    ratios: Floats | None
    threshold: float | None
    basis: str
    unreadable: dict[str, str]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(T,) which pairs have a score."""
        return np.isfinite(self.scores)

    @property
    def same_speaker(self) -> NDArray[np.bool_] | None:
        """(T,) the decisions, false where there is no score; None where there is nothing to decide by."""
        if self.threshold is None:
            return None
        same: NDArray[np.bool_] = (self.scores if self.ratios is None else self.ratios) >= self.threshold
        return same

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the pairs in one step: `*.csv` with all there is, others as `enrol test score` lines of those scored.

        A pair without a score has empty cells and, in the column `unreadable`, the recording to blame.

        Raises:
            InputError: if the file cannot be written.
        """
        import pyarrow as pa

        from voxmetric.data.arrow import write_csv
        from voxmetric.files import replacing
        from voxmetric.scoring.score_files import write_scores

        missing = ~self.scored
        enrol, test = self.pairs.enrol_ids, self.pairs.test_ids
        if Path(path).suffix != ".csv":
            write_scores(path, _chosen(self.pairs, self.scored), self.scores[self.scored])
            return
        columns = {"enrol": pa.array(enrol, type=pa.large_string()), "test": pa.array(test, type=pa.large_string())}
        columns["score"] = pa.array(self.scores, mask=missing)
        if self.ratios is not None:
            columns["log_likelihood_ratio"] = pa.array(self.ratios, mask=missing)
        if self.same_speaker is not None:
            columns["same_speaker"] = pa.array(self.same_speaker.astype("int8"), mask=missing)
        if self.unreadable:
            to_blame = np.where(np.isin(enrol, list(self.unreadable)), enrol, test)
            columns["unreadable"] = pa.array(to_blame, type=pa.large_string(), mask=self.scored)
        with replacing(path) as beside:
            write_csv(pa.table(columns), beside)


def verify_pairs(
    model: SpeakerModel,
    table: UtteranceTable,
    pairs: TrialList,
    *,
    threshold: float | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> VerifiedPairs:
    """Compare the recordings of every pair; the labels of the list are not looked at.

    Args:
        model: its calibration, if it has one, makes the ratios and the decisions.
        table: of the recordings that the pairs name.
        pairs: T of them.
        threshold: as in `verification.verify`.
        on_progress: called with the number of recordings embedded so far.

    Raises:
        InputError: for ids that the table does not have, if no recording can be read, or if there is no pair of two
            that can.
    """
    used = table.take(table.indices(pairs.ids))
    extraction = embed_table(model, used, skip_unreadable=True, on_progress=on_progress)
    readable = ~np.isin(pairs.ids, list(extraction.unreadable))
    scored = np.logical_and(*(readable[side] for side in pairs.indices(pairs.ids)))
    if not scored.any():
        name, reason = next(iter(extraction.unreadable.items()))
        raise InputError(
            f"none of {len(pairs)} pairs can be compared: {len(extraction.unreadable)} recordings cannot be read, the "
            f"first is {name!r}: {reason}"
        )
    kept = _chosen(pairs, scored)
    scores = np.full(len(pairs), np.nan, dtype=np.float32)
    scores[scored] = score_trials(extraction.embeddings, kept)
    calibration, ratios = model.calibration, None
    if calibration is not None:
        qualities = qualities_of_trials(used, kept) if calibration.needs_qualities else None
        ratios = np.full(len(pairs), np.nan)
        ratios[scored] = calibration.apply(scores[scored], qualities)
    least, basis = decision_rule(calibration, threshold)
    return VerifiedPairs(pairs, scores, ratios, least, basis, extraction.unreadable)


def _chosen(pairs: TrialList, which: NDArray[np.bool_]) -> TrialList:
    if which.all():
        return pairs
    return TrialList(pairs.enrol_ids[which], pairs.test_ids[which], pairs.labels[which], pairs.name)
