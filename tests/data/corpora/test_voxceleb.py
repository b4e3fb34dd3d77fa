"""A list of `speaker path` lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_ids_are_the_paths_as_trial_lists_name_them(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text(
        "id00012 id00012/21Uxsk56VDQ/00001.wav\r\nid00012\tid00012/21Uxsk56VDQ/00 2.wav\n\nid00013 id00013/3.m4a\n"
    )
    table = UtteranceTable.read(tmp_path / "train.txt", audio_folder=tmp_path / "wav")
    assert table.ids.tolist() == ["id00012/21Uxsk56VDQ/00001.wav", "id00012/21Uxsk56VDQ/00 2.wav", "id00013/3.m4a"]
    assert table.speakers.tolist() == ["id00012", "id00012", "id00013"]
    assert table.sessions.tolist() == ["21Uxsk56VDQ", "21Uxsk56VDQ", ""]
    assert table.paths[0] == str(tmp_path / "wav/id00012/21Uxsk56VDQ/00001.wav")


def test_a_line_of_one_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("a a/1.wav\n\nb\n")
    with pytest.raises(InputError, match=r"train\.txt, line 3: expected `speaker path`, found 'b'"):
        UtteranceTable.read(tmp_path / "train.txt")


def test_a_trial_list_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "trials.txt").write_text("1 a.wav b.wav.txt\n")
    with pytest.raises(InputError, match="not recognised"):
        UtteranceTable.read(tmp_path / "trials.txt")
