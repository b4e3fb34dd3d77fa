from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voxmetric.errors import InputError
from voxmetric.files import replacing, write_text


def write_half(path: Path) -> None:
    with replacing(path) as beside:
        beside.write_text("half")
        beside.write_text(str(1 / 0))


def write_to_a_full_disk(path: Path) -> None:
    with replacing(path), Path("/dev/full").open("w") as full:
        full.write("x" * 100_000)


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(InputError, match=r"cannot write .*No space left"):
        write_to_a_full_disk(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot write"):
        write_text(tmp_path / "file" / "a.txt", "x")
