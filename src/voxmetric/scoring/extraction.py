"""Embedding a whole table: decoding in threads ahead of the model, which works through batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.audio.reading import read
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.speaker_model import SpeakerModel

# Audio decoded at once: enough for the model to find recordings of like length in it, little enough to hold in memory.
BLOCK_SECONDS = 300.0
DECODING_THREADS = 2


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
    on_progress: Callable[[int], None] | None = None,
) -> Extraction:
    """Embed every utterance of `table`.

    Args:
        model: the model.
        table: its `start`, `duration` and `channel` columns are honoured.
        skip_unreadable: go on past recordings that cannot be read, and list them.
        on_progress: called with the number of utterances done so far.

    Raises:
        InputError: if a recording cannot be read and `skip_unreadable` is false, or if none can.
    """
    vectors = np.zeros((len(table), model.embedding_size), dtype=np.float32)
    unreadable: dict[int, str] = {}
    done = 0
    with ThreadPoolExecutor(DECODING_THREADS) as pool:
        ahead = None
        # The next block is decoded while the model computes the present one.
        for rows in [*_blocks(table), None]:
            decoding = None if rows is None else (rows, [pool.submit(_decode, table, row, model) for row in rows])
            if ahead is not None:
                present, futures = ahead
                readable, waveforms = [], []
                for row, future in zip(present, futures, strict=True):
                    try:
                        waveforms.append(future.result())
                        readable.append(row)
                    except InputError as error:
                        if not skip_unreadable:
                            raise
                        unreadable[int(row)] = str(error)
                if waveforms:
                    vectors[readable] = model.embed_waveforms(waveforms)
                done += len(present)
                if on_progress:
                    on_progress(done)
            ahead = decoding
    kept = np.setdiff1d(np.arange(len(table)), np.fromiter(unreadable, dtype=np.int64))
    if not len(kept):
        raise InputError(
            f"none of the {len(table)} recordings could be read; the first: {next(iter(unreadable.values()))}"
        )
    names = table.ids
    return Extraction(
        EmbeddingSet(names[kept], vectors[kept], model.fingerprint),
        {str(names[row]): reason for row, reason in unreadable.items()},
    )


def _blocks(table: UtteranceTable) -> Iterator[NDArray[np.int64]]:
    """Row numbers in the order of duration, in blocks of about `BLOCK_SECONDS`; unknown durations come last."""
    durations = table.durations
    order = np.argsort(durations, kind="stable")
    counted = np.nan_to_num(durations[order], nan=10.0)
    cuts = np.flatnonzero(np.diff(np.cumsum(counted) // BLOCK_SECONDS)) + 1
    yield from (block for block in np.split(order, cuts) if len(block))


def _decode(table: UtteranceTable, row: int, model: SpeakerModel) -> NDArray[np.float32]:
    part = table.location(row)
    return read(
        part.path, start=part.start, duration=part.duration, sample_rate=model.sample_rate, channel=part.channel
    )
