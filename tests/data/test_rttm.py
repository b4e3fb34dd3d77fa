"""RTTM files: what goes out comes back, what is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment

from voxmetric.data.rttm import read_rttm, read_turns, write_rttm
from voxmetric.errors import InputError

LINE = "SPEAKER meeting 1 1.500 2.250 <NA> <NA> anna <NA> <NA>"

MILLISECONDS = st.integers(0, 10**7)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def records(annotation: Annotation) -> list[tuple[float, float, str]]:
    return sorted((segment.start, segment.end, label) for segment, _, label in annotation.itertracks(yield_label=True))


def test_reads_recordings_in_order_of_appearance(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.rttm",
        ";; who spoke when",
        "SPKR-INFO meeting 1 <NA> <NA> <NA> adult_female anna <NA>",
        LINE,
        "",
        "  speaker   zebra A .5 1e1 <NA> <NA> Jürgen 0.9",
        "NOSCORE meeting 1 0 1 <NA> <NA> <NA> <NA>",
        "SPEAKER meeting 1 0 1.5 <NA> <NA> bert <NA> <NA>",
    )
    found = read_rttm(path)
    assert list(found) == ["meeting", "zebra"]
    assert found["meeting"].uri == "meeting"
    assert records(found["meeting"]) == [(0.0, 1.5, "bert"), (1.5, 3.75, "anna")]
    assert records(found["zebra"]) == [(0.5, 10.5, "Jürgen")]


def test_two_speakers_in_the_same_span_are_two_turns(tmp_path: Path) -> None:
    path = write(tmp_path / "a.rttm", LINE, LINE.replace("anna", "bert"))
    assert [label for *_, label in records(read_rttm(path)["meeting"])] == ["anna", "bert"]


def test_turns_that_touch_in_the_file_touch_when_read(tmp_path: Path) -> None:
    lines = [f"SPEAKER a 1 {start:.1f} 0.1 <NA> <NA> x <NA> <NA>" for start in np.arange(100) / 10]
    turns = read_turns(write(tmp_path / "a.rttm", *lines))["a"]
    np.testing.assert_array_equal(turns.end[:-1], turns.start[1:])


def test_a_file_without_turns_has_no_recordings(tmp_path: Path) -> None:
    assert read_rttm(write(tmp_path / "a.rttm", ";; nobody spoke")) == {}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("SPEAKER meeting 1 1.5 2.0 <NA> <NA>", "line 2: expected 9 or 10 fields"),
        ("SPEAKER my meeting 1 1.5 2.0 <NA> <NA> anna <NA> <NA>", "line 2: expected 9 or 10 fields"),
        ("SPEAKER meeting 1 now 2.0 <NA> <NA> anna <NA> <NA>", "line 2: expected seconds in field 4"),
        ("SPEAKER meeting 1 1.5 nan <NA> <NA> anna <NA> <NA>", "line 2: expected seconds in field 5"),
        ("SPEAKER meeting 1 1.5 0.000 <NA> <NA> anna <NA> <NA>", "line 2: expected a duration above 0 s"),
        ("SPEAKER meeting 1 1.5 -1 <NA> <NA> anna <NA> <NA>", "line 2: expected a duration above 0 s"),
        ("SPEAKER meeting 1 -1.5 2 <NA> <NA> anna <NA> <NA>", "line 2: expected a start of 0 s or later"),
        ("1.5 2.0 anna", "line 2: expected `SPEAKER recording channel start duration"),
    ],
)
def test_a_bad_line_is_told(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as caught:
        read_rttm(write(tmp_path / "bad.rttm", LINE, line, line))
    assert "bad.rttm" in str(caught.value)
    assert "(and 1 lines more)" in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_bytes(b"\xff\xfe\x00")
    for name, why in (
        ("a.rttm", "'utf-8' codec.*"),
        ("none.rttm", "No such file or directory"),
        ("", "Is a directory"),
    ):
        with pytest.raises(InputError, match=rf"^cannot read \S+: {why}; expected text with lines `SPEAKER"):
            read_rttm(tmp_path / name)


@given(
    turns=st.lists(st.tuples(MILLISECONDS, st.integers(1, 10**5), st.sampled_from("abc")), max_size=20, unique=True),
)
def test_what_goes_out_comes_back_to_the_millisecond(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, int, str]]
) -> None:
    annotation = Annotation(uri="r")
    for track, (start, duration, speaker) in enumerate(turns):
        annotation[Segment(start / 1000, (start + duration) / 1000), track] = speaker
    path = tmp_path_factory.mktemp("rttm") / "a.rttm"
    write_rttm(path, annotation)
    back = read_rttm(path).get("r", Annotation())
    assert records(back) == records(annotation)


def test_starts_and_ends_are_rounded_each_by_itself(tmp_path: Path) -> None:
    annotation = Annotation(uri="r")
    annotation[Segment(0.0004, 1.0006)] = "a"
    annotation[Segment(1.0006, 2.0)] = "a"
    annotation[Segment(3.0001, 3.0003)] = "gone"
    write_rttm(tmp_path / "a.rttm", annotation)
    assert records(read_rttm(tmp_path / "a.rttm")["r"]) == [(0.0, 1.001, "a"), (1.001, 2.0, "a")]


def test_several_annotations_by_uri_or_by_key(tmp_path: Path) -> None:
    one, other = Annotation(uri="one"), Annotation()
    one[Segment(0, 1)] = other[Segment(1, 2)] = "a"
    write_rttm(tmp_path / "a.rttm", {"x": one, "y": other})
    assert list(read_rttm(tmp_path / "a.rttm")) == ["x", "y"]
    other.uri = "other"
    write_rttm(tmp_path / "a.rttm", [other, one])
    assert list(read_rttm(tmp_path / "a.rttm")) == ["other", "one"]


@pytest.mark.parametrize("name", ["my meeting", "", None, "tab\tin"])
def test_names_that_rttm_cannot_hold_are_refused_and_nothing_is_written(tmp_path: Path, name: str | None) -> None:
    annotation = Annotation(uri=name)
    annotation[Segment(0, 1)] = "a"
    with pytest.raises(InputError, match="name of a recording without blanks"):
        write_rttm(tmp_path / "a.rttm", annotation)
    speaker = Annotation(uri="r")
    speaker[Segment(0, 1)] = "Anna Bert"
    with pytest.raises(InputError, match="name of a speaker without blanks"):
        write_rttm(tmp_path / "a.rttm", speaker)
    with pytest.raises(InputError, match="each recording once"):
        write_rttm(tmp_path / "a.rttm", [Annotation(uri="r"), Annotation(uri="r")])
    assert not list(tmp_path.iterdir())
