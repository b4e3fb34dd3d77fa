"""UEM files: what goes out comes back, what is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyannote.core import Segment, Timeline

from voxmetric.data.uem import read_regions, read_uem, write_uem
from voxmetric.errors import InputError


def test_reads_regions_by_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.uem"
    path.write_text(";; scored\nb 1 0.5 10\na 1 0 1\n\nb A 12 13.25\n")
    found = read_uem(path)
    assert list(found) == ["b", "a"]
    assert list(found["b"]) == [Segment(0.5, 10.0), Segment(12.0, 13.25)]
    assert found["b"].uri == "b"
    assert read_regions(path)["a"].tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a 1 0", "line 2: expected 4 fields"),
        ("a 1 0 end", "line 2: expected seconds in field 4"),
        ("a 1 3 3", "line 2: expected an end after the start"),
        ("a 1 -1 3", "line 2: expected an end after the start, in seconds from 0"),
    ],
)
def test_a_bad_line_is_told(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "a.uem"
    path.write_text(f"a 1 0 1\n{line}\n")
    with pytest.raises(InputError, match=complaint):
        read_uem(path)


def test_what_goes_out_comes_back(tmp_path: Path) -> None:
    regions = {"b": Timeline([Segment(0.001, 2), Segment(3, 4.5)]), "a": Timeline([Segment(0, 1)])}
    write_uem(tmp_path / "a.uem", regions)
    assert read_uem(tmp_path / "a.uem") == regions
    with pytest.raises(InputError, match="without blanks"):
        write_uem(tmp_path / "a.uem", {"a b": regions["a"]})
