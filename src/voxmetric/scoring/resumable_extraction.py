"""Embedding a large table in parts that are kept beside the result, so that an interruption costs one part at most."""

from __future__ import annotations

import itertools
import math
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from voxmetric.audio.reading import info
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.extraction import Extraction, embed_table, none_readable, refuse_too_many
from voxmetric.speaker_model import SpeakerModel

PART_UTTERANCES, PART_SECONDS = 2000, 6 * 3600.0
"""Of a part, at most: some minutes of work on two cores."""


def embed_to_file(
    model: SpeakerModel,
    table: UtteranceTable,
    path: str | os.PathLike[str],
    *,
    most_unreadable: float = 0.05,
    on_progress: Callable[[int], None] | None = None,
) -> Extraction:
    """Embed every utterance of `table` and write the embeddings to one file.

    Parts are kept in `PATH.parts` until the end; called again with the same model, precision and table, the work goes
    on with what is missing, recordings that could not be read included.

    Args:
        model: the model.
        table: the utterances.
        path: the file to write, see `EmbeddingSet.save`.
        most_unreadable: share of the recordings, from 0 to 1, that may be skipped because they cannot be read.
        on_progress: called with the number of utterances done so far, those of earlier calls included.

    Raises:
        InputError: if more recordings cannot be read, the first of which is named, or none can, the file cannot be
            written, or there are parts that were computed in another precision. Nothing is written to `path` then; the
            parts stay.
    """
    folder = Path(f"{os.fspath(path)}.parts")
    work = f"{model.fingerprint} {table.sha256}"  # parts of another model or table are none of ours
    parts = [part for part in map(EmbeddingSet.load, sorted(folder.glob("*.safetensors"))) if part.model == work]
    for part in parts:
        if part.precision != model.precision:
            raise InputError(
                f"{folder} holds a part of this work in {part.precision}, and now it would go on in {model.precision}: "
                f"finish it with --precision {part.precision}, or remove that folder to begin anew"
            )
    done = np.isin(table.ids, np.concatenate([part.ids for part in parts])) if parts else np.zeros(len(table), bool)
    missing = np.flatnonzero(~done)
    num_parts = _num_parts(table.take(missing))
    unreadable: dict[str, str] = {}
    finished = len(table) - len(missing)
    for number in range(num_parts):
        rows = missing[number::num_parts]  # a share of every corpus in the table, so that no part is all unreadable
        extraction = embed_table(
            model,
            table.take(rows),
            skip_unreadable=most_unreadable > 0.0,
            at_least_one=False,  # those that are left after an interruption may be the unreadable ones
            on_progress=_from(finished, on_progress),
        )
        unreadable |= extraction.unreadable
        refuse_too_many(unreadable, len(table), most_unreadable)
        finished += len(rows)
        if not len(extraction.embeddings):
            continue
        part = EmbeddingSet(extraction.embeddings.ids, extraction.embeddings.vectors, work, model.precision)
        if num_parts > 1:
            part.save(_free(folder))
        parts.append(part)
    if not parts:
        raise none_readable(unreadable.values())
    embeddings = _joined(parts, table, model)
    embeddings.save(path)
    shutil.rmtree(folder, ignore_errors=True)
    return Extraction(embeddings, unreadable)


def _num_parts(table: UtteranceTable) -> int:
    """How many parts the utterances make, of about equal number and length."""

    def seconds(row: int) -> float:
        part = table.location(row)
        try:
            return info(part.path).duration - part.start if part.duration is None else part.duration
        except InputError:
            return 0.0  # the embedding itself counts and tells what cannot be read

    with ThreadPoolExecutor() as pool:  # headers are read where the table does not tell the duration
        total = sum(pool.map(seconds, range(len(table))))
    return min(len(table), max(math.ceil(len(table) / PART_UTTERANCES), math.ceil(total / PART_SECONDS)))


def _free(folder: Path) -> Path:
    """The first place where no part is, of this or of any other work."""
    places = (folder / f"{number:06d}.safetensors" for number in itertools.count())
    return next(place for place in places if not place.exists())


def _from(before: int, on_progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
    """Progress within a part, told as progress of the whole."""
    return None if on_progress is None else lambda done: on_progress(before + done)


def _joined(parts: list[EmbeddingSet], table: UtteranceTable, model: SpeakerModel) -> EmbeddingSet:
    """All parts as one set, in the order of the table."""
    ids = np.concatenate([part.ids for part in parts])
    order = np.argsort(table.indices(ids.astype(object)))
    vectors = np.concatenate([part.vectors for part in parts])[order]
    return EmbeddingSet(ids[order], vectors, model.fingerprint, model.precision)
