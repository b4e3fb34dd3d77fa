"""Recordings played faster or slower, as further speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

COLUMN = "playback_speed"
SLOWEST, FASTEST = 0.5, 2.0


def with_speeds(table: UtteranceTable, speeds: Sequence[float]) -> UtteranceTable:
    """The table followed by itself at each speed, its speakers there counted as others.

    Pitch and formants move with the tempo, so a voice at another speed is another voice (Yamamoto et al. 2019,
    "Speaker augmentation and bandwidth extension for deep speaker embedding").

    Args:
        table: N utterances.
        speeds: each in [0.5, 2] and not 1; 1.1 is ten per cent faster.

    Returns:
        N (1 + number of speeds) utterances with a column `playback_speed`; ids and speakers of the further ones end
        in `@speed`.

    Raises:
        InputError: for speeds out of range or repeated.
    """
    if any(speed == 1 or not SLOWEST <= speed <= FASTEST for speed in speeds) or len(set(speeds)) < len(speeds):
        raise InputError(f"expected different speeds in [{SLOWEST}, {FASTEST}] other than 1, found {list(speeds)}")
    parts = [table.with_column(COLUMN, "1")]
    for speed in speeds:
        mark = f"@{speed:g}"
        part = table.with_column(COLUMN, f"{speed:g}")
        for name in ("id", "speaker"):
            part = part.with_column(name, np.array([value + mark for value in table.column(name)], dtype=object))
        parts.append(part)
    return UtteranceTable(pa.concat_tables([part.arrow for part in parts]), table.folder)
