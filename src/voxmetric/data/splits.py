"""Drawing splits of a corpus that share no speaker."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def split_speakers(table: UtteranceTable, fractions: Mapping[str, float], seed: int) -> UtteranceTable:
    """Assign every speaker to one split; the fractions are of speakers.

    The draw depends on the seed and the speakers' names alone, not on the order of the rows, and a corpus that grows
    keeps nearly all its speakers where they were: speakers are ordered by a hash of seed and name, then cut.

    Args:
        table: the utterances.
        fractions: share of the speakers for each split's name; they add up to 1.
        seed: of the draw.

    Returns:
        the table with its `split` column set.

    Raises:
        InputError: if the fractions are not positive or do not add up to 1, or a split would have no speaker.
    """
    shares = np.array(list(fractions.values()), dtype=np.float64)
    if not len(shares) or not (shares > 0).all() or abs(shares.sum() - 1.0) > 1e-6:
        listed = ", ".join(f"{name}={share:g}" for name, share in fractions.items())
        raise InputError(f"expected positive shares of speakers that add up to 1, found {listed or 'none'}")
    names, codes = table.speaker_codes()
    if len(names) < len(shares):
        raise InputError(f"{len(names)} speakers are too few for {len(shares)} splits that share none")
    order = _drawn_order(names, seed)
    bounds = np.round(np.cumsum(shares) * len(names)).astype(np.int64)
    # Every split gets a speaker, however small its share.
    for place in range(len(bounds)):
        before = bounds[place - 1] if place else 0
        bounds[place] = min(max(bounds[place], before + 1), len(names) - (len(bounds) - 1 - place))
    split_of_speaker = np.empty(len(names), dtype=np.int64)
    split_of_speaker[order] = np.searchsorted(bounds, np.arange(len(names)), side="right")
    return table.with_column("split", np.array(list(fractions), dtype=object)[split_of_speaker[codes]])


def share_of_speakers(table: UtteranceTable, share: float, seed: int) -> UtteranceTable:
    """The utterances of a share of the speakers, at least two of them; those of a smaller share are among them.

    Args:
        table: the utterances.
        share: of its speakers, in (0, 1].
        seed: of the draw, which depends on it and the speakers' names alone.

    Raises:
        InputError: for a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise InputError(f"expected a share of the speakers above 0 and at most 1, found {share:g}")
    names, codes = table.speaker_codes()
    count = max(2, round(share * len(names)))
    return table.take(np.flatnonzero(np.isin(codes, _drawn_order(names, seed)[:count])))


def _drawn_order(names: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    """Positions of the speakers in the order of a hash of seed and name."""
    digests = [hashlib.sha256(f"{seed}\n{name}".encode()).digest() for name in names]
    return np.array(sorted(range(len(names)), key=digests.__getitem__))
