"""The forms that trial lists come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voxmetric.data.trials import TrialList
from voxmetric.errors import InputError

EXPECTED = [("id1/v/1.wav", "id2/v/2.wav", 1), ("id1/v/1.wav", "id3/v/3.wav", 0)]


def read(tmp_path: Path, text: str, name: str = "trials.txt") -> list[tuple[str, str, int]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    trials = TrialList.read(path)
    return list(zip(trials.enrol_ids.tolist(), trials.test_ids.tolist(), trials.labels.tolist(), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "1 id1/v/1.wav id2/v/2.wav\n0 id1/v/1.wav id3/v/3.wav\n",
        "1 id1/v/1.wav id2/v/2.wav\r\n0 id1/v/1.wav id3/v/3.wav",
        "1\tid1/v/1.wav\tid2/v/2.wav\n0\tid1/v/1.wav\tid3/v/3.wav\n",
        "id1/v/1.wav id2/v/2.wav target\nid1/v/1.wav id3/v/3.wav nontarget\n",
        "enrol,test,label\nid1/v/1.wav,id2/v/2.wav,1\nid1/v/1.wav,id3/v/3.wav,0\n",
        "Key,Score,Enrollment_ID,Test_ID\ntarget,0.5,id1/v/1.wav,id2/v/2.wav\nnontarget,,id1/v/1.wav,id3/v/3.wav\n",
        '\ufefflabel,test,enroll\ntrue,"id2/v/2.wav",id1/v/1.wav\nfalse,id3/v/3.wav,id1/v/1.wav\n',
    ],
)
def test_every_form_is_recognised(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == EXPECTED


def test_the_form_does_not_depend_on_the_name_of_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "1 a b\n", "trials.csv") == [("a", "b", 1)]
    assert read(tmp_path, "enrol,test,label\na,b,0\n", "list.trials") == [("a", "b", 0)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a b\nc d\n", "two columns and no label, and labels are never invented"),
        ("", "expected `1 enrol test` lines"),
        ("\n\n", "expected `1 enrol test` lines"),
        ("a b c\n", "line 1: expected `1 enrol test` lines, .* found 'a b c'"),
        ("1 a b\n0 a\n", "line 2: expected `1 enrol test`, found '0 a'"),
        ("1 a b\n\n0 a b c\n", "line 3: expected `1 enrol test`, found '0 a b c'"),
        ("1 a b\n2 a b\n", "line 2: expected `1 enrol test`, found '2 a b'"),
        ("1 a b\n1 a \n", "line 2: expected `1 enrol test`, found '1 a '"),
        ("1 a b\na b target\n", "line 2"),
        ("a b target\na b imposter\n", r"line 2: expected `enrol test target\|nontarget`, found 'a b imposter'"),
        ("a b target\n1 a b\n", "line 2"),
        ("enrol,test,label\na,b,1\nc,d\n", "line 3: expected `enrol,test,label`, found 'c,d'"),
        ("enrol,test,label\na,b,maybe\n", "line 2: expected `enrol,test,label`, found 'a,b,maybe'"),
        ("enrol,test,label\na,,1\n", "line 2"),
        ("enrol,test,label\n", "expected trials, found none"),
        ("enrol,enroll,test,label\na,b,c,1\n", "one column each"),
        ("enrol,test,score\na,b,0.5\n", "expected `1 enrol test` lines"),
        ("1 a \udcff\n", "cannot read"),
    ],
)
def test_a_malformed_list_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "trials.txt"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(InputError, match=complaint) as caught:
        TrialList.read(path)
    assert "trials.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trials.txt"
    path.write_bytes(b"1 a b\n" * 50_000 + b"1 a \xfcnal\n")
    with pytest.raises(InputError, match=r"cannot read .*trials\.txt: .*UTF8"):
        TrialList.read(path)


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read \S+none\.txt: No such file or directory; expected"):
        TrialList.read(tmp_path / "none.txt")


def test_a_malformed_line_deep_in_a_long_list_is_found(tmp_path: Path) -> None:
    lines = [f"{place % 2} id{place % 100}/a.wav id{place % 77}/b.wav" for place in range(50_000)]
    assert len(read(tmp_path, "\n".join(lines))) == 50_000
    lines[43_210] = "1 only-one"
    with pytest.raises(InputError, match=r"line 43211: expected `1 enrol test`, found '1 only-one'"):
        read(tmp_path, "\n".join(lines))


def test_blocks_of_a_long_list_share_their_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is parsed in blocks that each number their ids anew; the numbers must be brought together."""
    import pyarrow.csv

    original = pyarrow.csv.ReadOptions
    monkeypatch.setattr(pyarrow.csv, "ReadOptions", lambda **options: original(**(options | {"block_size": 1000})))
    rng = np.random.default_rng(0)
    expected = [
        (f"id{a}", f"id{b}", int(label))
        for a, b, label in zip(*rng.integers(0, [[50], [50], [2]], (3, 2000)), strict=True)
    ]
    assert read(tmp_path, "".join(f"{label} {one} {other}\n" for one, other, label in expected)) == expected
