"""Long recordings as several utterances."""

from __future__ import annotations

import numpy as np

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def cut_into_pieces(table: UtteranceTable, seconds: float) -> UtteranceTable:
    """The table with every utterance of at least twice `seconds` cut into equal pieces of at least that length.

    Speakers with one long recording thereby get several utterances to compare, of one session.

    Args:
        table: the utterances; those of unknown duration stay whole.
        seconds: shortest piece.

    Returns:
        the table in the same order; ids of pieces end in `#0`, `#1`, ...

    Raises:
        InputError: if `seconds` is not positive.
    """
    if not seconds > 0:
        raise InputError(f"expected a positive length of pieces in seconds, found {seconds}")
    durations = table.durations
    counts = np.maximum(np.nan_to_num(durations // seconds, nan=1.0), 1).astype(np.int64)
    rows = np.repeat(np.arange(len(table)), counts)
    numbers = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    lengths = durations[rows] / counts[rows]
    cut = counts[rows] > 1
    ids = table.ids[rows]
    ids[cut] = [f"{name}#{number}" for name, number in zip(ids[cut], numbers[cut], strict=True)]
    pieces = table.take(rows).with_column("id", ids)
    starts = table.starts[rows] + np.where(cut, numbers * lengths, 0.0)
    return pieces.with_column("start", starts).with_column("duration", lengths)
