from __future__ import annotations

from pathlib import Path

import pytest
from pyannote.core import Annotation, Segment

from voxmetric.cli.diarization_files import DiarizationFiles
from voxmetric.data.rttm import read_rttm


def one_turn() -> Annotation:
    annotation = Annotation(uri="talk")
    annotation[Segment(1.0, 2.0), 0] = "anna"
    return annotation


@pytest.mark.parametrize(
    ("format", "folder", "formats"),
    [
        (None, None, ()),
        (None, Path("out"), ("rttm",)),
        ("csv", None, ("csv",)),
        (" csv,rttm,,csv", Path("out"), ("csv", "rttm")),
    ],
)
def test_formats_are_told_apart_by_commas_and_rttm_is_the_default(
    format: str | None, folder: Path | None, formats: tuple[str, ...]
) -> None:
    assert DiarizationFiles.of(format, folder, picture=False, json=False).formats == formats


def test_they_are_there_when_the_last_of_them_is(tmp_path: Path) -> None:
    files = DiarizationFiles.of("rttm,textgrid", tmp_path / "out", picture=True, json=False)
    assert not files.are_there("talk")
    files.write(one_turn(), 3.0, None, None)
    assert files.are_there("talk")
    assert not files.are_there("another")
    (turn,) = read_rttm(tmp_path / "out" / "talk.rttm")["talk"].itersegments()
    assert (turn.start, turn.end) == (1.0, 2.0)
    for ending in (".rttm", ".TextGrid", ".png", ".svg", ".html"):
        file = tmp_path / "out" / f"talk{ending}"
        content = file.read_bytes()
        file.unlink()
        assert not files.are_there("talk"), ending
        file.write_bytes(content)
    assert files.are_there("talk")


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = DiarizationFiles.of("rttm", None, picture=False, json=False)
    files.write(one_turn(), 3.0, None, None)
    assert not files.are_there("talk")
    assert not list(tmp_path.iterdir())
