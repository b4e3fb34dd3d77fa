from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

import voxmetric.speaker_model
from voxmetric import encoders, precision
from voxmetric.errors import InputError
from voxmetric.identification.gallery import Gallery
from voxmetric.speaker_model import SpeakerModel, load_model


class Other:
    fingerprint, embedding_size = "other", 8


@pytest.fixture
def loads(monkeypatch, model):
    """What is loaded from where, by path: each of these is an existing model."""
    found = {"shipped": model}

    def load_model(path, *, precision):
        assert precision == "float32"
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
        pytest.raises(InputError, match=r"from where it was \(--model says where it is now\): shipped is not a model"),
    ):
        gone.enroll("anna", ["a.wav"])
    with (
        Gallery.open(tmp_path / "unknown") as unknown,
        pytest.raises(InputError, match="does not know where its model is: give the model"),
    ):
        unknown.enroll("anna", [np.ones(4)])


def test_the_precision_is_that_of_a_model_loaded_and_no_part_of_the_gallery(tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    torch.manual_seed(0)
    folder = SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(tmp_path / "model")
    samples = 0.1 * np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    with Gallery.open(tmp_path / "gallery", model=folder, precision="bfloat16") as made:
        assert made.embedder.precision == "bfloat16"
        made.enroll("anna", [samples])
    for wanted, found in (("float32", "float32"), ("auto", "bfloat16")):
        with Gallery.open(tmp_path / "gallery", precision=wanted) as again:
            assert again.embedder.precision == found
            again.enroll("anna", [samples], ids=[wanted])
            assert again.identify(samples, threshold=0.99).speaker == "anna"
    given = load_model(folder)
    with Gallery.open(tmp_path / "gallery", model=given, precision="bfloat16") as again:
        assert again.embedder is given
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: False)
    with (
        Gallery.open(tmp_path / "gallery", precision="bfloat16") as refused,
        pytest.raises(InputError, match="no faster in bfloat16"),
    ):
        refused.identify(samples)
