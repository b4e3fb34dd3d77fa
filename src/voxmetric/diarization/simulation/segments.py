"""The parts of a conversation in which one person speaks alone, as utterances to train on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.turns import Turns


def spoken_alone(turns: Turns, shortest: float) -> Turns:
    """Each turn without what others say into it.

    Args:
        turns: who spoke when; those of one speaker do not overlap.
        shortest: seconds; what is shorter is left out.
    """
    cuts = np.unique(np.concatenate([turns.start, turns.end]))
    first, last = np.searchsorted(cuts, turns.start), np.searchsorted(cuts, turns.end)
    depth = np.cumsum(np.bincount(first, minlength=len(cuts)) - np.bincount(last, minlength=len(cuts)))
    # Cells of each turn, one after the other; those that are next to each other and alone are one stretch.
    counts = last - first
    turn = np.repeat(np.arange(len(turns)), counts)
    cell = np.arange(len(turn)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    kept = depth[cell] == 1
    turn, cell = turn[kept], cell[kept]
    begins = np.ones(len(turn), np.bool_)
    begins[1:] = (np.diff(turn) != 0) | (np.diff(cell) != 1)
    ends = np.roll(begins, -1)
    start, end = cuts[cell[begins]], cuts[cell[ends] + 1]
    long: NDArray[np.bool_] = end - start >= shortest - 1e-9
    names = [turns.speakers[code] for code in turns.speaker[turn[begins][long]].tolist()]
    return Turns.of_names(start[long], end[long], names)
