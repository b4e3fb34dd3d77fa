"""Enrolling everybody in a table, part by part, so that an interruption costs one part at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery
from voxmetric.identification.whole_speakers import parts_of_whole_speakers
from voxmetric.scoring.extraction import embed_table, refuse_too_many

PART_UTTERANCES = 1000
"""Recordings that are embedded before they are confirmed, or those of one person where that are more."""


@dataclass(frozen=True)
class Enrolment:
    """What became of a table.

    Attributes:
        enrolled: recordings that were enrolled now.
        already: recordings that were enrolled before.
        unreadable: id to reason of those that could not be read.
    """

    enrolled: int
    already: int
    unreadable: dict[str, str]


def enroll_table(
    gallery: Gallery,
    table: UtteranceTable,
    *,
    most_unreadable: float = 0.05,
    on_progress: Callable[[int], None] | None = None,
) -> Enrolment:
    """Enrol every recording of `table` for its speaker; what is in the gallery already is left alone.

    Args:
        gallery: where to.
        table: the recordings; their ids are the ids in the gallery.
        most_unreadable: share of the recordings, from 0 to 1, that may be skipped because they cannot be read.
        on_progress: called with the number of recordings done so far, those enrolled before included.

    Raises:
        InputError: if more recordings cannot be read; what was enrolled by then stays.
    """
    there = gallery.contains(table.speakers.tolist(), table.ids.tolist())
    already = done = int(there.sum())
    unreadable: dict[str, str] = {}
    if on_progress:
        on_progress(done)
    left = table.take(np.flatnonzero(~there))
    for rows in parts_of_whole_speakers(left.speaker_codes()[1], PART_UTTERANCES):
        part = left.take(rows)
        # A part may be of unreadable recordings alone: those of one person, or those left by an earlier call.
        extraction = embed_table(gallery.embedder, part, skip_unreadable=most_unreadable > 0.0, at_least_one=False)
        unreadable |= extraction.unreadable
        refuse_too_many(unreadable, len(table), most_unreadable)
        if len(extraction.embeddings):
            gallery.enroll_many(extraction.embeddings, part.speakers[part.indices(extraction.embeddings.ids)])
        done += len(rows)
        if on_progress:
            on_progress(done)
    return Enrolment(done - already - len(unreadable), already, unreadable)


def keep_cohort(
    gallery: Gallery,
    table: UtteranceTable,
    *,
    most_unreadable: float = 0.05,
    on_progress: Callable[[int], None] | None = None,
) -> dict[str, str]:
    """Keep every recording of `table` as the gallery's cohort of strangers, in the place of the one it has.

    Args:
        gallery: whose model embeds them.
        table: recordings of people who are not enrolled.
        most_unreadable: as in `enroll_table`.
        on_progress: called with the number of recordings embedded so far.

    Returns:
        id to reason of those that could not be read.

    Raises:
        InputError: if more recordings cannot be read; the former cohort stays.
    """
    extraction = embed_table(gallery.embedder, table, skip_unreadable=most_unreadable > 0.0, on_progress=on_progress)
    refuse_too_many(extraction.unreadable, len(table), most_unreadable)
    gallery.set_cohort(extraction.embeddings, table.speakers[table.indices(extraction.embeddings.ids.astype(object))])
    return extraction.unreadable


def first_of_each(table: UtteranceTable, count: int) -> UtteranceTable:
    """The first `count` recordings of each speaker, in the table's order.

    Raises:
        InputError: for a count below 1.
    """
    if count < 1:
        raise InputError(f"expected at least 1 recording of each speaker, found {count}")
    _, codes = table.speaker_codes()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(codes[order]) != 0))
    place_in_run = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return table.take(np.sort(order[place_in_run < count]))
