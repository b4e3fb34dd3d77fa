"""The utterance table: reading, checking, selecting, writing."""

from __future__ import annotations

import csv
import hashlib
import math
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

Make = Callable[..., UtteranceTable]


def write_csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_csv_is_read_with_every_column(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "t.csv",
        "id,path,speaker,session,start,duration,split,corpus,room",
        "a,x/a.wav,007,1,,1.5,train,c1,01",
        'b,/abs/b.wav,"Müller, A.",,0.25,,dev,c2,02',
    )
    table = UtteranceTable.read(path)
    assert len(table) == 2
    assert table.ids.tolist() == ["a", "b"]
    assert table.speakers.tolist() == ["007", "Müller, A."], "names are text, whatever they look like"
    assert table.paths.tolist() == [str(tmp_path / "x/a.wav"), "/abs/b.wav"]
    assert table.sessions.tolist() == ["1", ""]
    assert table.splits.tolist() == ["train", "dev"]
    assert table.column("room").tolist() == ["01", "02"]
    np.testing.assert_array_equal(table.starts, [0.0, 0.25])
    np.testing.assert_array_equal(table.durations, [1.5, np.nan])
    assert table.columns == ("id", "path", "speaker", "session", "start", "duration", "split", "corpus", "room")


def test_only_path_and_speaker_are_needed(tmp_path: Path) -> None:
    table = UtteranceTable.read(write_csv(tmp_path / "t.csv", "speaker,path", "s,d/a.wav"))
    assert table.ids.tolist() == ["d/a.wav"], "the id is the path as written"
    assert table.row("d/a.wav") == {
        "id": "d/a.wav",
        "path": str(tmp_path / "d/a.wav"),
        "speaker": "s",
        "session": "",
        "start": 0.0,
        "duration": None,
        "split": "",
    }


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["id,path", "a,b"], "expected a column 'speaker', found id, path"),
        (["path,speaker"], "at least one utterance"),
        (["path,speaker", "a,s", "b,"], r"row 2: expected the speaker, found ''"),
        (["id,path,speaker", "a,,s"], r"row 1: expected the path, found ''"),
        (["id,path,speaker", "x,a,s", "y,b,s", "x,c,s"], r"row 3: expected every id once, found 'x' in row 1 too"),
        (["path,speaker,start", "a,s,0", "b,s,soon"], r"row 2: expected a number as start, found 'soon'"),
        (["path,speaker,start", "a,s,-1"], r"row 1: expected a start of 0 s or more, found -1\.0"),
        (["path,speaker,duration", "a,s,1", "b,s,0"], r"row 2: expected a duration above 0 s, found 0\.0"),
        (["path,speaker,duration", "a,s,nan"], r"row 1: expected a number as duration, found 'nan'"),
        (["path,speaker,duration", "a,s,1e999"], r"row 1: expected a finite number as duration"),
        (["path,speaker", "a,s", "b,s,more"], r"t\.csv: .*Row #3: Expected 2 columns, got 3"),
        (["path,speaker,path", "a,s,b"], "expected every column once"),
        ([], "cannot read"),
    ],
)
def test_a_malformed_table_is_refused_with_its_row(tmp_path: Path, lines: list[str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        UtteranceTable.read(write_csv(tmp_path / "t.csv", *lines))
    assert "t.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_that_are_not_finite_are_refused_from_memory_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finite number as start"):
        UtteranceTable.from_columns({"path": ["a"], "speaker": ["s"], "start": [math.inf]}, tmp_path, "made")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_what_is_written_is_read_back(make_table: Make, tmp_path: Path, name: str) -> None:
    table = make_table(3, 2, room=list("abcde")).with_column("duration", [0.1, 1 / 3, np.nan, 4.0, 5e-3])
    table.write(tmp_path / name)
    again = UtteranceTable.read(tmp_path / name)
    assert again.arrow.equals(table.arrow)
    assert again.paths.tolist() == table.paths.tolist()
    assert again.sha256 == table.sha256


text = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n,\"' ü"), max_size=6)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(text.filter(bool), text.filter(bool), text, text), min_size=1, max_size=5))
def test_any_text_survives_writing(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    folder = tmp_path_factory.mktemp("table")
    paths, speakers, sessions, free = zip(*rows, strict=True)
    columns = {"path": paths, "speaker": speakers, "session": sessions, "free": free}
    ids = [f"{place}" for place in range(len(rows))]
    table = UtteranceTable.from_columns(columns | {"id": ids}, folder, "made")
    for name in ("t.csv", "t.parquet"):
        table.write(folder / name)
        assert UtteranceTable.read(folder / name).arrow.equals(table.arrow)


def test_paths_are_relative_inside_the_folder_of_the_table_only(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    columns = {"path": ["a.wav", str(there / "b.wav"), "/c.wav"], "speaker": ["s"] * 3}
    table = UtteranceTable.from_columns(columns, here, "made")
    full = [str(here / "a.wav"), str(there / "b.wav"), "/c.wav"]
    assert table.paths.tolist() == full
    for folder, written in ((tmp_path, ["here/a.wav", "there/b.wav", "/c.wav"]), (there, [full[0], "b.wav", "/c.wav"])):
        table.write(folder / "t.csv")
        with (folder / "t.csv").open() as file:
            assert [row["path"] for row in csv.DictReader(file)] == written
        assert UtteranceTable.read(folder / "t.csv").paths.tolist() == full


def test_plain_values_are_written_without_quotes(make_table: Make, tmp_path: Path) -> None:
    make_table(1).write(tmp_path / "t.csv")
    assert '"' not in (tmp_path / "t.csv").read_text()


def test_a_table_of_another_suffix_is_refused(make_table: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\*\.csv or \*\.parquet, found 't\.txt'"):
        make_table(1).write(tmp_path / "t.txt")


def test_where_selects_by_columns(make_table: Make) -> None:
    table = make_table(2, 3).with_column("split", ["train", "dev", "train", "train", "test"])
    assert table.where(split="train").ids.tolist() == ["s0/0.wav", "s1/0.wav", "s1/1.wav"]
    assert table.where(split="train", speaker="s1").ids.tolist() == ["s1/0.wav", "s1/1.wav"]
    assert table.where(split=["dev", "test"]).ids.tolist() == ["s0/1.wav", "s1/2.wav"]
    with pytest.raises(InputError, match=r"no utterance has split 'eval': there is 'dev', 'test', 'train'"):
        table.where(split="eval")
    with pytest.raises(InputError, match=r"no utterance has split 'dev': there is 'test', 'train'"):
        table.where(speaker="s1", split="dev")
    with pytest.raises(InputError, match=r"'splitt': did you mean 'split'"):
        table.where(splitt="dev")
    with pytest.raises(InputError, match="column to select by 'duration'"):
        table.where(duration="1")


def test_rows_are_taken_in_the_order_asked_for(make_table: Make) -> None:
    assert make_table(4).take([2, 0, 2]).ids.tolist() == ["s0/2.wav", "s0/0.wav", "s0/2.wav"]


def test_ids_are_found_or_named(make_table: Make) -> None:
    table = make_table(3, 3)
    np.testing.assert_array_equal(table.indices(["s1/2.wav", "s0/0.wav"]), [5, 0])
    with pytest.raises(InputError, match=r"does not have \(2: 'nobody', 'none'\)"):
        table.indices(["s0/0.wav", "nobody", "none"])
    with pytest.raises(InputError, match=r"no utterance has the id 'nobody'"):
        table.row("nobody")
    with pytest.raises(InputError, match="unknown column 'speakr': did you mean 'speaker'"):
        table.column("speakr")


def test_a_location_is_what_reading_needs(make_table: Make, tmp_path: Path) -> None:
    table = make_table(2).with_column("start", [0.0, 1.5]).with_column("duration", [np.nan, 2.0])
    first, second = table.location(0), table.with_column("channel", ["mix", "1"]).location(1)
    assert (first.path, first.start, first.duration, first.channel) == (str(tmp_path / "s0/0.wav"), 0.0, None, "mix")
    assert (second.start, second.duration, second.channel) == (1.5, 2.0, "1")


@given(names=st.lists(st.sampled_from(["b", "a", "é", "Z", "10", "9"]), min_size=1, max_size=20))
def test_speaker_codes_are_places_among_sorted_names(names: list[str]) -> None:
    paths = [f"{place}.wav" for place in range(len(names))]
    table = UtteranceTable.from_columns({"path": paths, "speaker": names}, ".", "made")
    found, codes = table.speaker_codes()
    assert found.tolist() == sorted(set(names))
    assert codes.dtype == np.int64
    assert [found[code] for code in codes] == names


def test_the_hash_is_of_the_content(make_table: Make) -> None:
    table = make_table(3, 3)
    assert table.sha256 == make_table(3, 3).sha256
    assert table.take([0, 1, 2, 3, 4, 5]).sha256 == table.sha256
    others = [
        table.take([1, 0, 2, 3, 4, 5]),
        table.take(range(5)),
        table.with_column("split", "train"),
        table.with_column("duration", np.ones(6)),
        table.with_column("new", ""),
        table.with_column("speaker", ["s0", "s0", "s0s", "1", "s1", "s1"]),
    ]
    assert len({other.sha256 for other in [table, *others]}) == 7
    moved = table.with_column("path", [f"/elsewhere/{place}.wav" for place in range(6)])
    assert moved.sha256 == table.sha256
    # The same hash, by a loop: numbers as float64, texts as their lengths in bytes and then their bytes.
    digest = hashlib.sha256()
    for name in ("duration", "id", "session", "speaker", "split", "start"):
        values = table.column(name).tolist()
        digest.update(f"{name}\n".encode())
        if name in ("start", "duration"):
            digest.update(np.array(values).tobytes())
        else:
            digest.update(np.array([len(value.encode()) for value in values]).tobytes() + "".join(values).encode())
    assert digest.hexdigest() == table.sha256


def test_a_table_can_be_sent_to_another_process(make_table: Make) -> None:
    table = make_table(2, 2)
    assert len(table.ids) == 4
    assert pickle.loads(pickle.dumps(table)).sha256 == table.sha256
