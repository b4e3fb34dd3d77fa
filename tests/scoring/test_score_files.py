from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError
from voxmetric.scoring.score_files import read_scores, write_scores


@pytest.fixture
def trials() -> TrialList:
    return TrialList(["a", "b", "a"], ["b", "a", "c"], [0, 0, 1], "three")


def test_scores_come_back_exactly(tmp_path, trials):
    scores = np.array([0.1, -1.0 / 3.0, 1e-30], dtype=np.float32)
    write_scores(tmp_path / "scores.txt", trials, scores)
    np.testing.assert_array_equal(read_scores(tmp_path / "scores.txt", trials).astype(np.float32), scores)
    assert (tmp_path / "scores.txt").read_text().splitlines()[0] == "a b 0.1"


@pytest.mark.parametrize("blank", [" ", "\t"])
def test_order_and_other_pairs_do_not_matter(tmp_path, trials, blank):
    lines = ["x y 9", "a c 3", "b a 2", "a x 8", "a b 1"]
    (tmp_path / "scores.txt").write_text("\n".join(lines).replace(" ", blank) + "\n")
    np.testing.assert_array_equal(read_scores(tmp_path / "scores.txt", trials), [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b 1\nb a 2\n", "no score for 1 of 3 trials, the first is a c"),
        ("x y 1\n", "no score for 3 of 3 trials, the first is a b"),
        ("a b 1\na b 2\nb a 2\na c 3\n", "scores the pair a b more than once"),
        ("a b 1\nb a\n", "expected `enrol test score` lines"),
        ("a b one\n", "expected `enrol test score` lines"),
        ("", "expected `enrol test score` lines"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, trials, text, words):
    (tmp_path / "scores.txt").write_text(text)
    with pytest.raises(InputError, match=words):
        read_scores(tmp_path / "scores.txt", trials)


def test_a_missing_file_is_one_clear_line(tmp_path, trials):
    with pytest.raises(InputError, match="cannot read scores from"):
        read_scores(tmp_path / "none.txt", trials)


def test_ids_with_blanks_are_not_written(tmp_path):
    trials = TrialList(["a b"], ["c"], [0], "blank")
    with pytest.raises(InputError, match="blanks"):
        write_scores(tmp_path / "scores.txt", trials, [1.0])
    assert list(tmp_path.iterdir()) == []
