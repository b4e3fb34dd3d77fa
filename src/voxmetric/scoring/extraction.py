"""Embedding a whole table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from voxmetric.bulk_embedding import Recording, embed_recordings, file_recording
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.speaker_model import SpeakerModel


@dataclass(frozen=True)
class Extraction:
    """Embeddings of a table's utterances, in the table's order, and what could not be read.

    Attributes:
        embeddings: of the utterances that could be read.
        unreadable: id to reason for each of the others.
    """

    embeddings: EmbeddingSet
    unreadable: dict[str, str]


def embed_table(
    model: SpeakerModel,
    table: UtteranceTable,
    *,
    skip_unreadable: bool = False,
    at_least_one: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> Extraction:
    """Embed every utterance of `table`, in memory that depends on no recording's length.

    Args:
        model: the model.
        table: its `start`, `duration` and `channel` columns are honoured.
        skip_unreadable: go on past recordings that cannot be read or have no sound in them, and list them.
        at_least_one: refuse a table of which none can be read; else there may be no embeddings.
        on_progress: called with the number of utterances done so far.

    Raises:
        InputError: if a recording cannot be read or has no sound in it and `skip_unreadable` is false, or if none can
            and `at_least_one` is true.
    """

    def recording(row: int) -> Recording:
        part = table.location(row)
        return file_recording(
            part.path,
            sample_rate=model.sample_rate,
            start=part.start,
            duration=part.duration,
            channel=part.channel,
        )

    with ThreadPoolExecutor() as pool:  # headers are read where the table does not tell the duration
        recordings = list(pool.map(recording, range(len(table))))
    vectors, unreadable = embed_recordings(
        recordings,
        model.embed_waveforms,
        sample_rate=model.sample_rate,
        embedding_size=model.embedding_size,
        shortest=model.encoder.minimum_samples,
        skip_unreadable=skip_unreadable,
        on_progress=on_progress,
    )
    kept = np.setdiff1d(np.arange(len(table)), np.fromiter(unreadable, dtype=np.int64))
    if at_least_one and not len(kept):
        raise none_readable(unreadable.values())
    names = table.ids
    return Extraction(
        EmbeddingSet(names[kept], vectors[kept], model.fingerprint, model.precision),
        {str(names[row]): unreadable[row] for row in sorted(unreadable)},
    )


def none_readable(reasons: Collection[str]) -> InputError:
    """That no recording at all can be read, and why the first cannot."""
    return InputError(f"none of the {len(reasons)} recordings could be read; the first: {next(iter(reasons))}")


def refuse_too_many(unreadable: Mapping[str, str], num_recordings: int, allowed: float) -> None:
    """Go on past recordings that cannot be read as long as they are few.

    Args:
        unreadable: id to reason.
        num_recordings: of all.
        allowed: share of them, from 0 to 1, that may be unreadable.

    Raises:
        InputError: if there are more, naming the first.
    """
    if len(unreadable) > allowed * num_recordings:
        name, reason = next(iter(unreadable.items()))
        raise InputError(
            f"{len(unreadable)} of {num_recordings} recordings cannot be read, more than the share allowed "
            f"({allowed:g}); the first is {name!r}: {reason}"
        )
