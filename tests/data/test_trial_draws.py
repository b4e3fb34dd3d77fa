"""Drawing pairs: against the pairs that a loop lists."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.data.trial_draws import draw_nontargets, draw_targets
from voxmetric.errors import InputError

corpora = st.lists(st.integers(1, 6), min_size=2, max_size=5)


def speakers_of(counts: list[int]) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))


def as_set(pairs: np.ndarray) -> set[frozenset[int]]:
    found = {frozenset(pair) for pair in pairs.tolist()}
    assert len(found) == len(pairs), "no pair twice"
    return found


@settings(deadline=None)
@given(counts=corpora, share=st.floats(0, 1), seed=st.integers(0, 5), with_sessions=st.booleans())
def test_targets_are_of_one_speaker(counts: list[int], share: float, seed: int, with_sessions: bool) -> None:
    speakers = speakers_of(counts)
    sessions = np.arange(len(speakers)) % 2 if with_sessions else None
    possible = {
        frozenset(pair)
        for pair in itertools.combinations(range(len(speakers)), 2)
        if len(set(speakers[list(pair)])) == 1 and (sessions is None or len(set(sessions[list(pair)])) == 2)
    }
    wanted = round(share * len(possible))
    drawn = as_set(draw_targets(speakers, sessions, wanted, np.random.default_rng(seed)))
    assert len(drawn) == wanted
    assert drawn <= possible
    # As even as can be: a speaker with fewer pairs than another by two or more has none left.
    taken = {code: sum(speakers[min(pair)] == code for pair in drawn) for code in range(len(counts))}
    there = {code: sum(speakers[min(pair)] == code for pair in possible) for code in range(len(counts))}
    for one, other in itertools.permutations(range(len(counts)), 2):
        assert taken[one] >= taken[other] - 1 or taken[one] == there[one]


@settings(deadline=None)
@given(counts=corpora, share=st.floats(0, 1), seed=st.integers(0, 5))
def test_nontargets_are_of_two_speakers(counts: list[int], share: float, seed: int) -> None:
    speakers = speakers_of(counts)
    possible = {
        frozenset(pair)
        for pair in itertools.combinations(range(len(speakers)), 2)
        if len(set(speakers[list(pair)])) == 2
    }
    wanted = round(share * len(possible))
    drawn = as_set(draw_nontargets(speakers, wanted, np.random.default_rng(seed)))
    assert len(drawn) == wanted
    assert drawn <= possible


def test_nontargets_are_spread_over_speakers_not_utterances() -> None:
    speakers = np.repeat(np.arange(20), [1000, *[20] * 19])
    drawn = speakers[draw_nontargets(speakers, 2000, np.random.default_rng(0))]
    per_speaker = np.bincount(drawn.ravel(), minlength=20)
    assert per_speaker.min() > 120
    assert per_speaker.max() < 280


def test_every_pair_is_as_likely_where_most_are_wanted() -> None:
    speakers = np.array([0, 0, 1, 2])
    counts = np.zeros((4, 4))
    for seed in range(2000):
        pairs = draw_nontargets(speakers, 3, np.random.default_rng(seed))
        counts[pairs[:, 0], pairs[:, 1]] += 1
    seen = counts[counts > 0]
    assert len(seen) == 5
    np.testing.assert_allclose(seen, 2000 * 3 / 5, rtol=0.1)


def test_more_than_there_are_is_refused() -> None:
    speakers = np.array([0, 0, 1, 1, 1])
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="asked for 5 trials of one speaker, but there are 4 such pairs"):
        draw_targets(speakers, None, 5, rng)
    with pytest.raises(InputError, match="asked for 7 trials of two speakers, but there are 6 such pairs"):
        draw_nontargets(speakers, 7, rng)
    with pytest.raises(InputError, match="there are 0 such pairs"):
        draw_nontargets(np.zeros(3, dtype=np.int64), 1, rng)
