"""A folder with one sub-folder for each speaker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_sub_folders_are_speakers_and_sessions(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    for name in ("id2/v1/b.wav", "id1/v1/2.wav", "id1/v1/1.WAV", "id1/v2/part 2/3.wav", "id3/d.wav"):
        write_noise(tmp_path / name)
    (tmp_path / "id1" / "v1" / "notes.txt").write_text("no recording")
    (tmp_path / "README.md").write_text("no recording")
    write_noise(tmp_path / ".hidden" / "x.wav")
    write_noise(tmp_path / "id1" / ".x.wav")
    for source in (tmp_path, Path(f"{tmp_path}/")):
        table = UtteranceTable.read(source)
        assert table.ids.tolist() == [
            "id1/v1/1.WAV",
            "id1/v1/2.wav",
            "id1/v2/part 2/3.wav",
            "id2/v1/b.wav",
            "id3/d.wav",
        ]
        assert table.speakers.tolist() == ["id1", "id1", "id1", "id2", "id3"]
        assert table.sessions.tolist() == ["v1", "v1", "v2/part 2", "v1", ""]
        assert all(Path(path).is_file() for path in table.paths)


def test_a_recording_outside_any_speaker_is_refused(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(tmp_path / "id1" / "a.wav")
    write_noise(tmp_path / "stray.wav")
    with pytest.raises(InputError, match=r"one sub-folder for each speaker, found 'stray\.wav' outside of any"):
        UtteranceTable.read(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        UtteranceTable.read(tmp_path, kind="folder")


def test_the_working_folder_can_be_named_by_a_dot(
    tmp_path: Path, write_noise: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_noise(tmp_path / "id1" / "a.wav")
    monkeypatch.chdir(tmp_path)
    table = UtteranceTable.read(".")
    assert table.ids.tolist() == ["id1/a.wav"]
    assert table.paths.tolist() == [str(tmp_path / "id1" / "a.wav")]
