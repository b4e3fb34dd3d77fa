"""A folder of recordings whose speakers are not known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_all_recordings_below_a_folder_are_of_unknown_speakers(
    tmp_path: Path, write_noise: Callable[..., Path]
) -> None:
    for name in ("b.wav", "a.wav", "monday/call 1.wav"):
        write_noise(tmp_path / name)
    table = UtteranceTable.read(tmp_path, kind="unlabelled")
    assert table.ids.tolist() == ["a.wav", "b.wav", "monday/call 1.wav"]
    assert set(table.speakers) == {"unknown"}
    assert all(Path(path).is_file() for path in table.paths)


def test_it_has_to_be_asked_for(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(tmp_path / "a.wav")
    with pytest.raises(InputError, match=r"a folder of recordings of unknown speakers \(unlabelled\)"):
        UtteranceTable.read(tmp_path)
    (tmp_path / "a.wav").unlink()
    with pytest.raises(InputError, match="expected recordings, found none"):
        UtteranceTable.read(tmp_path, kind="unlabelled")
