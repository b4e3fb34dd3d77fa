from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import voxmetric.speaker_model
from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery


class Other:
    fingerprint, embedding_size = "other", 8


@pytest.fixture
def loads(monkeypatch, model):
    """What is loaded from where, by path: each of these is an existing model."""
    found = {"shipped": model}

    def load_model(path):
        if os.fspath(path) not in found:
            raise InputError(f"{path} is not a model folder")
        return found[os.fspath(path)]

    monkeypatch.setattr(voxmetric.speaker_model, "load_model", load_model)
    return found


def test_a_folder_is_found_again_from_elsewhere(tmp_path, monkeypatch, loads, model):
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    loads["run"] = loads[str(tmp_path / "run")] = model
    with Gallery.open(tmp_path / "gallery", model=Path("run")) as made:
        assert made.model.source == str(tmp_path / "run")
        made.enroll("anna", ["a.wav"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    del loads["run"]
    with Gallery.open(tmp_path / "gallery") as again:
        assert again.identify("a.wav", threshold=0.99).speaker == "anna"


def test_a_shipped_model_is_remembered_by_its_name(tmp_path, loads):
    with Gallery.open(tmp_path, model="shipped") as made:
        assert made.model.source == "shipped"
    with Gallery.open(tmp_path) as again:
        assert again.embedder is loads["shipped"]


def test_a_model_that_moved_or_changed_is_told(tmp_path, loads, model):
    Gallery.open(tmp_path / "moved", model="shipped").close()
    Gallery.open(tmp_path / "unknown", model=model).close()
    loads["shipped"] = Other()
    with Gallery.open(tmp_path / "moved") as changed, pytest.raises(InputError, match="found other with 8"):
        changed.enroll("anna", ["a.wav"])
    del loads["shipped"]
    with (
        Gallery.open(tmp_path / "moved") as gone,
        pytest.raises(InputError, match=r"is no longer where it was, give it \(--model\): shipped is not a model"),
    ):
        gone.enroll("anna", ["a.wav"])
    with (
        Gallery.open(tmp_path / "unknown") as unknown,
        pytest.raises(InputError, match="does not know where its model is: give the model"),
    ):
        unknown.enroll("anna", [np.ones(4)])
