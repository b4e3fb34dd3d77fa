"""Drawing pairs of utterances without listing all there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voxmetric.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]


def draw_targets(speakers: Rows, sessions: Rows | None, wanted: int, rng: np.random.Generator) -> Rows:
    """Different pairs of rows of one speaker, shared evenly among the speakers: (wanted, 2).

    Args:
        speakers: (N,) codes from 0.
        sessions: (N,) codes; pairs within one session are left out. None: they are not.
        wanted: number of pairs.
        rng: source of randomness.

    Raises:
        InputError: if there are not so many.
    """
    counts = np.bincount(speakers)
    available = _num_pairs(counts)
    if sessions is not None:
        _, groups = np.unique(speakers * (sessions.max() + 1) + sessions, return_inverse=True)
        owner = np.zeros(groups.max() + 1, dtype=np.int64)
        owner[groups] = speakers
        available = available - np.bincount(owner, _num_pairs(np.bincount(groups))).astype(np.int64)
    shares = _even_shares(available, wanted, "of one speaker", rng)
    rows_by_speaker = np.split(np.argsort(speakers, kind="stable"), np.cumsum(counts)[:-1])
    drawn = [np.empty((0, 2), dtype=np.int64)]
    for speaker in np.flatnonzero(shares):
        rows = rows_by_speaker[speaker]
        num_pairs = len(rows) * (len(rows) - 1) // 2
        ranks: Rows | int = num_pairs
        if sessions is not None:
            pairs = rows[_pair_of_rank(np.arange(num_pairs))]
            ranks = np.flatnonzero(sessions[pairs[:, 0]] != sessions[pairs[:, 1]])
        drawn.append(rows[_pair_of_rank(rng.choice(ranks, shares[speaker], replace=False))])
    return np.concatenate(drawn)


def draw_nontargets(speakers: Rows, wanted: int, rng: np.random.Generator) -> Rows:
    """Different pairs of rows of two speakers, shared about evenly among the speakers: (wanted, 2).

    Where more than half of all such pairs are wanted, every pair is equally likely instead.

    Raises:
        InputError: if there are not so many.
    """
    counts = np.bincount(speakers)
    by_speaker = np.argsort(speakers, kind="stable")
    # With the rows in the order of their speakers, row i pairs with each row past the last of its speaker.
    past = np.cumsum(counts)[speakers[by_speaker]]
    cumulative = np.cumsum(len(speakers) - past)
    _check_enough(int(cumulative[-1]), wanted, "of two speakers")
    if wanted > cumulative[-1] // 2:
        ranks = rng.choice(cumulative[-1], wanted, replace=False)
        first = np.searchsorted(cumulative, ranks, side="right")
        second = past[first] + ranks - (cumulative[first] - (len(speakers) - past[first]))
        return by_speaker.take(np.stack([first, second], axis=1))
    starts = np.cumsum(counts) - counts
    keys = np.empty(0, dtype=np.int64)
    while len(keys) < wanted:
        missing = wanted - len(keys)
        one = np.resize(rng.permutation(len(counts)), missing)
        other = (one + rng.integers(1, len(counts), missing)) % len(counts)
        places = np.stack([starts[side] + rng.integers(0, counts[side]) for side in (one, other)], axis=1)
        places.sort(axis=1)
        # unique() keeps the first of equal keys, so that what was drawn before stays.
        joined = np.concatenate([keys, places[:, 0] * len(speakers) + places[:, 1]])
        keys = joined[np.sort(np.unique(joined, return_index=True)[1])]
    return by_speaker.take(np.stack(np.divmod(keys, len(speakers)), axis=1))


def _even_shares(available: Rows, wanted: int, what: str, rng: np.random.Generator) -> Rows:
    """Shares (S,) that add up to `wanted`, none above what is available, otherwise as equal as can be."""
    _check_enough(int(available.sum()), wanted, what)
    ascending = np.sort(available)
    left = np.arange(len(available), 0, -1)
    # If all speakers from the k-th on get as much as the k-th has, this much is given away:
    given = np.cumsum(ascending) - ascending + ascending * left
    level_at = int(np.searchsorted(given, wanted, side="right"))
    settled = int(ascending[:level_at].sum())
    level, rest = divmod(wanted - settled, max(1, len(available) - level_at))
    shares = np.minimum(available, level) if level_at < len(available) else available.copy()
    able = np.flatnonzero(available > shares)
    shares[rng.permutation(able)[:rest]] += 1
    return shares


def _check_enough(available: int, wanted: int, what: str) -> None:
    if wanted > available:
        raise InputError(f"asked for {wanted:,} trials {what}, but there are {available:,} such pairs: ask for fewer")


def _num_pairs(counts: Rows) -> Rows:
    return counts * (counts - 1) // 2


def _pair_of_rank(ranks: Rows) -> Rows:
    """The pairs (a, b), a < b, in the order (0, 1), (0, 2), (1, 2), (0, 3), ...: (M, 2) for ranks (M,)."""
    second = ((1 + np.sqrt(8 * ranks + 1)) // 2).astype(np.int64)
    return np.stack([ranks - second * (second - 1) // 2, second], axis=1)
