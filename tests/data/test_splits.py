"""Splits by speaker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.splits import share_of_speakers, split_speakers
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Make = Callable[..., UtteranceTable]


def by_speaker(table: UtteranceTable) -> dict[str, str]:
    found: dict[str, str] = {}
    for speaker, split in zip(table.speakers, table.splits, strict=True):
        assert found.setdefault(speaker, split) == split, "a speaker is in one split only"
    return found


@given(
    num_speakers=st.integers(3, 60), shares=st.lists(st.integers(1, 20), min_size=1, max_size=3), seed=st.integers(0, 9)
)
def test_shares_are_of_speakers_and_none_is_empty(num_speakers: int, shares: list[int], seed: int) -> None:
    speakers = [f"s{place}" for place in range(num_speakers) for _ in range(place % 3 + 1)]
    paths = [f"{place}.wav" for place in range(len(speakers))]
    table = UtteranceTable.from_columns({"path": paths, "speaker": speakers}, ".", "made")
    fractions = {f"part{place}": share / sum(shares) for place, share in enumerate(shares)}
    drawn = split_speakers(table, fractions, seed)
    assert drawn.ids.tolist() == table.ids.tolist()
    splits = list(by_speaker(drawn).values())
    for name, fraction in fractions.items():
        assert splits.count(name) >= 1
        assert abs(splits.count(name) - fraction * num_speakers) <= len(shares)


def test_a_draw_depends_on_the_seed_but_not_on_the_order(make_table: Make) -> None:
    table = make_table(*[2] * 50)
    fractions = {"train": 0.8, "dev": 0.2}
    drawn = by_speaker(split_speakers(table, fractions, 0))
    mixed = table.take(np.random.default_rng(0).permutation(len(table)))
    assert by_speaker(split_speakers(mixed, fractions, 0)) == drawn
    assert by_speaker(split_speakers(table, fractions, 1)) != drawn
    assert list(drawn.values()).count("train") == 40


def test_a_corpus_that_grows_keeps_nearly_all_where_they_were(make_table: Make) -> None:
    fractions = {"train": 0.7, "dev": 0.3}
    before = by_speaker(split_speakers(make_table(*[1] * 100), fractions, 0))
    after = by_speaker(split_speakers(make_table(*[1] * 110), fractions, 0))
    assert sum(before[name] != after[name] for name in before) <= 10


@pytest.mark.parametrize("fractions", [{}, {"train": 0.9}, {"train": 1.2, "dev": -0.2}, {"a": 1.0, "b": 0.0}])
def test_shares_that_do_not_add_up_are_refused(make_table: Make, fractions: dict[str, float]) -> None:
    with pytest.raises(InputError, match="add up to 1"):
        split_speakers(make_table(2, 2, 2), fractions, 0)


def test_too_few_speakers_are_refused(make_table: Make) -> None:
    with pytest.raises(InputError, match="2 speakers are too few for 3 splits"):
        split_speakers(make_table(2, 2), {"a": 0.4, "b": 0.3, "c": 0.3}, 0)


def test_a_share_of_the_speakers_is_within_a_larger_one() -> None:
    names = [f"s{number:03d}" for number in range(200) for _ in range(3)]
    whole = UtteranceTable.from_columns(
        {"path": [f"{name}-{take}.wav" for take, name in enumerate(names)], "speaker": names}, "/", "test"
    )
    former: set[str] = set()
    for share, expected in [(0.001, 2), (0.01, 2), (0.1, 20), (0.5, 100), (1.0, 200)]:
        part = share_of_speakers(whole, share, seed=3)
        speakers = set(part.speakers)
        assert len(speakers) == expected
        assert len(part) == 3 * expected
        assert former <= speakers
        former = speakers
    assert set(share_of_speakers(whole, 0.1, seed=4).speakers) != set(share_of_speakers(whole, 0.1, seed=3).speakers)
    shuffled = whole.take(np.random.default_rng(0).permutation(len(whole)))
    assert set(share_of_speakers(shuffled, 0.1, 3).speakers) == set(share_of_speakers(whole, 0.1, 3).speakers)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_refuses_a_share_out_of_range(share: float) -> None:
    whole = UtteranceTable.from_columns({"path": ["a", "b"], "speaker": ["a", "b"]}, "/", "test")
    with pytest.raises(InputError, match="at most 1"):
        share_of_speakers(whole, share, 0)
