"""Finding out what a file or folder is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voxmetric.data.corpora import corpora
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


def test_every_kind_can_be_loaded() -> None:
    assert list(corpora.available()) == [
        "table",
        "voxceleb_release",
        "folder",
        "unlabelled",
        "voxceleb",
        "kaldi",
        "lhotse",
        "tedlium",
        "callhome",
        "ami",
        "voxconverse",
    ]
    for kind in corpora.available():
        assert not corpora.create(kind, {}).matches(Path("/nowhere/at/all"))


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        UtteranceTable.read(tmp_path / "none")


def test_an_unknown_kind_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown kind of corpus 'kaldy': did you mean 'kaldi'"):
        UtteranceTable.read(tmp_path, kind="kaldy")


def test_a_source_of_no_kind_is_refused_with_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("something else entirely here\n")
    for source in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(InputError, match=r"not recognised as any of: .*\(table\).*\(kaldi\)"):
            UtteranceTable.read(source)


def test_a_source_of_two_kinds_must_be_named(tmp_path: Path, write_noise: Callable[..., Path]) -> None:
    write_noise(tmp_path / "s1" / "a.wav")
    (tmp_path / "wav.scp").write_text("u1 s1/a.wav\n")
    (tmp_path / "utt2spk").write_text("u1 someone\n")
    with pytest.raises(InputError, match=r"could be read as folder or as kaldi: say which with kind='folder'"):
        UtteranceTable.read(tmp_path)
    assert UtteranceTable.read(tmp_path, kind="folder").speakers.tolist() == ["s1"]
    assert UtteranceTable.read(tmp_path, kind="kaldi").speakers.tolist() == ["someone"]


def test_a_source_of_the_wrong_kind_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    for kind, source in (("kaldi", tmp_path), ("voxceleb", tmp_path), ("voxceleb", tmp_path / "binary.txt")):
        with pytest.raises(InputError, match="cannot read") as caught:
            UtteranceTable.read(source, kind=kind)
        assert "\n" not in str(caught.value)
