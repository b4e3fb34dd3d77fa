"""Trial lists: holding, hashing, writing, and pairs of a table."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.data.trials import TrialList, all_pairs, draw_as_balanced_as_possible, draw_balanced
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Make = Callable[..., UtteranceTable]


def rows(trials: TrialList) -> list[tuple[str, str, int]]:
    return list(zip(trials.enrol_ids.tolist(), trials.test_ids.tolist(), trials.labels.tolist(), strict=True))


@given(trials=st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("cdefg"), st.integers(0, 1)), min_size=1))
def test_what_goes_in_comes_out(trials: list[tuple[str, str, int]]) -> None:
    enrol, test, labels = (list(column) for column in zip(*trials, strict=True))
    held = TrialList(enrol, test, labels)
    assert rows(held) == trials
    assert len(held) == len(trials)
    assert held.num_target == sum(labels)
    assert sorted(held.ids) == sorted({*enrol, *test})
    assert held.labels.dtype == np.int8
    ids = [*"gfedcba", "unused"]
    first, second = held.indices(ids)
    assert [ids[place] for place in first] == enrol
    assert [ids[place] for place in second] == test
    lines = "".join(f"{label} {one} {other}\n" for one, other, label in trials)
    assert held.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_ids_that_are_not_there_are_named() -> None:
    with pytest.raises(InputError, match=r"trial list 'mine' names utterances that are not there \(2: 'b', 'd'\)"):
        TrialList(["a", "b"], ["c", "d"], [1, 0], "mine").indices(["a", "c"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((["a"], ["b", "c"], [1]), "found 1, 2 and 1"),
        (([], [], []), "at least one"),
        ((["a"], ["b"], [2]), r"labels 1 \(same speaker\) and 0, found .*2"),
    ],
)
def test_columns_that_do_not_fit_are_refused(arguments: tuple[list[str], list[str], list[int]], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        TrialList(*arguments)


@pytest.mark.parametrize("name", ["trials.txt", "trials.csv"])
def test_what_is_written_is_read_back_with_the_same_hash(tmp_path: Path, name: str) -> None:
    trials = TrialList(["a/1.wav", "ü", "a/1.wav"], ["b", "a/1.wav", "c,d"], [1, 0, 0])
    trials.write(tmp_path / name)
    again = TrialList.read(tmp_path / name)
    assert rows(again) == rows(trials)
    assert again.sha256 == trials.sha256
    assert again.name == name
    if name.endswith(".txt"):
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == trials.sha256


def test_ids_with_blanks_go_into_csv_only(tmp_path: Path) -> None:
    trials = TrialList(["a b"], ["c"], [1])
    assert trials.has_blanks
    with pytest.raises(InputError, match=r"write a \.csv file instead"):
        trials.write(tmp_path / "trials.txt")
    assert not list(tmp_path.iterdir())
    trials.write(tmp_path / "trials.csv")
    assert rows(TrialList.read(tmp_path / "trials.csv")) == [("a b", "c", 1)]


@pytest.mark.parametrize("different_session", [False, True])
def test_all_pairs_are_those_of_a_loop(make_table: Make, different_session: bool) -> None:
    table = make_table(4, 1, 5)
    utterances = list(zip(table.ids, table.speakers, table.sessions, strict=True))
    expected = [
        (one[0], other[0], int(one[1] == other[1]))
        for one, other in itertools.combinations(utterances, 2)
        if not (different_session and one[1] == other[1] and one[2] == other[2])
    ]
    assert rows(all_pairs(table, different_session=different_session)) == expected


def test_all_pairs_of_too_few_or_too_many_are_refused(make_table: Make) -> None:
    with pytest.raises(InputError, match="all pairs of 1 utterances are 0 trials"):
        all_pairs(make_table(1))
    with pytest.raises(InputError, match=r"all pairs of 11000 utterances are 60,494,500 trials"):
        all_pairs(make_table(11000))


def test_sessions_must_be_known_to_be_told_apart(make_table: Make) -> None:
    table = make_table(3, 3).with_column("session", ["a", "b", "", "a", "b", "c"])
    for draw in (
        lambda: all_pairs(table, different_session=True),
        lambda: draw_balanced(table, 4, 0, different_session=True),
    ):
        with pytest.raises(InputError, match="some are empty"):
            draw()


@pytest.mark.parametrize("different_session", [False, True])
def test_a_draw_is_balanced_true_and_repeatable(make_table: Make, different_session: bool) -> None:
    table = make_table(5, 1, 9, 7, 30)
    trials = draw_balanced(table, 101, 3, different_session=different_session)
    assert len(trials) == 101
    assert trials.num_target == 50
    speaker = dict(zip(table.ids, table.speakers, strict=True))
    session = dict(zip(table.ids, table.sessions, strict=True))
    for one, other, label in rows(trials):
        assert one != other
        assert label == (speaker[one] == speaker[other])
        if different_session and label:
            assert session[one] != session[other]
    assert len({frozenset(pair[:2]) for pair in rows(trials)}) == 101
    assert trials.sha256 == draw_balanced(table, 101, 3, different_session=different_session).sha256
    assert trials.sha256 != draw_balanced(table, 101, 4, different_session=different_session).sha256


@pytest.mark.parametrize(
    ("sizes", "asked", "expected"),
    [((2, 2, 2, 1, 1), 20, (3, 17)), ((2, 2, 2, 1, 1), 6, (3, 3)), ((2, 1), 20, (1, 2)), ((9, 2), 40, (20, 18))],
)
def test_what_one_sort_lacks_the_other_makes_up(
    make_table: Make, sizes: tuple[int, ...], asked: int, expected: tuple[int, int]
) -> None:
    table = make_table(*sizes)
    trials = draw_as_balanced_as_possible(table, asked, 3)
    assert (trials.num_target, len(trials) - trials.num_target) == expected
    speaker = dict(zip(table.ids, table.speakers, strict=True))
    assert all(label == (speaker[one] == speaker[other]) for one, other, label in rows(trials))
    assert len({frozenset(pair[:2]) for pair in rows(trials)}) == sum(expected)


@pytest.mark.parametrize("sizes", [(5,), (1, 1, 1)])
def test_a_sort_of_which_there_is_none_is_missed(make_table: Make, sizes: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        draw_as_balanced_as_possible(make_table(*sizes), 20, 0)


def test_a_draw_of_fewer_than_two_is_refused(make_table: Make) -> None:
    with pytest.raises(InputError, match="at least 2 trials"):
        draw_balanced(make_table(5, 5), 1, 0)
