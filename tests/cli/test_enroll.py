from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from voxmetric import encoders, speaker_model
from voxmetric.cli import main
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(tmp_path / "model")


def run(*arguments: object) -> int:
    try:
        main(["enroll", *map(str, arguments)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_new_gallery_is_of_the_default_model_and_an_old_one_of_its_own(
    tiny_corpus: Path, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load_model = speaker_model.load_model

    def load(path: str, **options: str) -> SpeakerModel:
        loaded.append(path)
        return load_model(model, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(speaker_model, "load_model", load)
    recording = tiny_corpus.parent / "s00-0.wav"
    assert run(tmp_path / "own", "anna", recording, "--model", model) == 0
    assert run(tmp_path / "own", "ben", recording) == 0
    assert run(tmp_path / "new", "anna", recording) == 0
    assert loaded == [str(model), str(model), "default"]


def test_recordings_of_a_table_that_cannot_be_read_are_counted_and_listed(
    tiny_corpus: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no recording")
    recordings = [tiny_corpus.parent / "s00-0.wav", tiny_corpus.parent / "s00-1.wav", tmp_path / "broken.wav"]
    rows = [f"{number},{path},anna" for number, path in enumerate(recordings)]
    (tmp_path / "table.csv").write_text("\n".join(["id,path,speaker", *rows]) + "\n")
    place = tmp_path / "gallery"
    arguments = (place, "--table", tmp_path / "table.csv", "--model", model, "--quiet")
    assert run(*arguments) == 2
    assert "1 of 3 recordings cannot be read, more than the share allowed (0.05)" in capsys.readouterr().err
    assert run(*arguments, "--most-unreadable", 0.4) == 0
    told = "2 recordings enrolled, 0 were already, 1 cannot be read (2); 1 people in"
    assert capsys.readouterr().out == f"{told} {place}\n"
    assert run(*arguments, "--most-unreadable", 0.4, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["enrolled"], found["already"], list(found["unreadable"])) == (0, 2, ["2"])
    (tmp_path / "table.csv").write_text(f"id,path,speaker\n2,{recordings[2]},anna\n")
    assert run(*arguments, "--most-unreadable", 0.99) == 2
    assert "1 of 1 recordings cannot be read" in capsys.readouterr().err


def test_a_name_and_a_table_or_no_first_recording_are_refused(
    tiny_corpus: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tiny_corpus.parent / "s00-0.wav"
    assert run(tmp_path / "gallery", "anna", recording, "--table", tiny_corpus, "--model", model) == 2
    assert "found neither or both" in capsys.readouterr().err
    assert not (tmp_path / "gallery").exists()
    assert run(tmp_path / "gallery", "--table", tiny_corpus, "--first", 0, "--model", model) == 2
    assert "expected at least 1 recording of each speaker, found 0" in capsys.readouterr().err
