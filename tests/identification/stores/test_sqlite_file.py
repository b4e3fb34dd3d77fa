from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery


def test_files_that_are_no_gallery_are_refused(tmp_path, model):
    with pytest.raises(InputError, match="there is no gallery"):
        Gallery.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("text")
    with pytest.raises(InputError, match="cannot use the gallery"):
        Gallery.open(tmp_path / "file", model=model)
    for name, content in {"text": b"no database, but long enough to look at" * 100, "table": None}.items():
        (tmp_path / name).mkdir()
        if content is None:
            connection = sqlite3.connect(tmp_path / name / "gallery.sqlite")
            connection.execute("CREATE TABLE accounts (balance)")
            connection.close()
        else:
            (tmp_path / name / "gallery.sqlite").write_bytes(content)
        with pytest.raises(InputError, match=r"gallery\.sqlite"):
            Gallery.open(tmp_path / name, model=model)


def test_a_newer_or_damaged_gallery_is_told(gallery, model):
    gallery.enroll("anna", embeddings=np.ones((1, 8)))
    gallery.close()
    file = f"{gallery.place}/gallery.sqlite"

    def change(statement: str) -> None:
        connection = sqlite3.connect(file)
        connection.execute(statement)
        connection.commit()
        connection.close()

    change("UPDATE recordings SET embedding = x'00'")
    with Gallery.open(gallery.place) as damaged, pytest.raises(InputError, match="is damaged"):
        damaged.identify_embeddings(np.ones((1, 8)))
    whole = Path(file).read_bytes()
    Path(file).write_bytes(whole[:6000])
    with pytest.raises(InputError, match=r"is damaged .*restore a copy"):
        Gallery.open(gallery.place, model=model)
    Path(file).write_bytes(whole)
    change("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="newer voxmetric"):
        Gallery.open(gallery.place, model=model)


def test_what_was_removed_is_no_longer_in_the_files(tmp_path, gallery, voices):
    _, vectors = voices
    gallery.enroll("anna", embeddings=vectors[:1])
    gallery.enroll("ben", embeddings=vectors[1:2])
    stored = (vectors[0] / np.linalg.norm(vectors[0])).astype("<f4").tobytes()
    files = [file for file in (tmp_path / "gallery").iterdir() if file.name != "gallery.sqlite-shm"]
    assert any(stored in file.read_bytes() for file in files)
    gallery.remove("anna")
    assert not any(stored in file.read_bytes() or b"anna" in file.read_bytes() for file in files)
