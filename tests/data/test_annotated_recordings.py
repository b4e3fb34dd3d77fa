"""Folders of recordings with their turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wav").mkdir()
    for name in ("a", "b", "c"):
        soundfile.write(tmp_path / "wav" / f"{name}.wav", np.zeros(8000), 8000)
    line = "SPEAKER {} 1 {} 0.5 <NA> <NA> {} <NA> <NA>\n"
    (tmp_path / "dev.rttm").write_text(line.format("b", 0.0, "kim") + line.format("a", 0.2, "lee"))
    (tmp_path / "test.rttm").write_text(line.format("c", 0.1, "kim"))
    return tmp_path


def test_every_rttm_is_read_and_its_recordings_found(folder: Path) -> None:
    found = AnnotatedRecordings.read(folder)
    assert list(found.turns) == ["b", "a", "c"]
    assert found.paths == {name: folder / "wav" / f"{name}.wav" for name in ("b", "a", "c")}
    assert found.turns["a"].start.tolist() == [0.2]
    assert found.scored is None
    (folder / "dev.uem").write_text("a 1 0.0 0.8\n")
    scored = AnnotatedRecordings.read(folder)
    assert scored.scored is not None
    assert scored.scored["a"].extent().end == 0.8
    assert scored.sha256 != found.sha256


def test_the_hash_is_of_the_truth_and_the_sizes(folder: Path) -> None:
    before = AnnotatedRecordings.read(folder).sha256
    assert AnnotatedRecordings.read(folder).sha256 == before
    soundfile.write(folder / "wav" / "a.wav", np.zeros(9000), 8000)
    assert AnnotatedRecordings.read(folder).sha256 != before


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"as \*\.rttm in .*wav, found no such file"):
        AnnotatedRecordings.read(folder / "wav")
    (folder / "more.rttm").write_text((folder / "test.rttm").read_text())
    with pytest.raises(InputError, match=r"recording 'c' is in test\.rttm and in another"):
        AnnotatedRecordings.read(folder)
    (folder / "more.rttm").unlink()
    soundfile.write(folder / "a.flac", np.zeros(8000), 8000)
    with pytest.raises(InputError, match=r"one audio file named a .* found 2"):
        AnnotatedRecordings.read(folder)
    (folder / "a.flac").unlink()
    (folder / "wav" / "b.wav").unlink()
    with pytest.raises(InputError, match=r"one audio file named b .* found none"):
        AnnotatedRecordings.read(folder)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "x.rttm").write_text("; nothing\n")
    with pytest.raises(InputError, match=r"expected turns in x\.rttm, found none"):
        AnnotatedRecordings.read(tmp_path / "empty")
