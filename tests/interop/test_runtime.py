from __future__ import annotations

import shutil

import numpy as np
import pytest

from voxmetric import encoders, precision
from voxmetric.errors import InputError
from voxmetric.interop import onnx_encoder, onnx_export, runtime
from voxmetric.speaker_model import SpeakerModel

pytest.importorskip("onnxscript", reason="the extra `onnx` is not installed")
pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")


@pytest.fixture(scope="module")
def folder(exported_x_vector, tmp_path_factory):
    """A model's folder with an export of it inside."""
    model, path, _ = exported_x_vector
    folder = tmp_path_factory.mktemp("runtime")
    model.save(folder)
    shutil.copy(path, folder / runtime.EXPORTED)
    return folder


def speech(sample_rate: int) -> list[np.ndarray]:
    """Two recordings of unequal length."""
    rng = np.random.default_rng(0)
    return [0.1 * rng.standard_normal(int(sample_rate * seconds)).astype(np.float32) for seconds in (0.5, 0.8)]


def test_the_runtime_that_is_asked_for(folder):
    asked = {kind: runtime.load_with_runtime(folder, kind) for kind in ("torch", "onnx")}
    assert {kind: choice.runtime for kind, choice in asked.items()} == {"torch": "torch", "onnx": "onnx"}
    assert asked["torch"].model.fingerprint == asked["onnx"].model.fingerprint
    waveforms = speech(16_000)
    np.testing.assert_allclose(asked["onnx"].model.embed(waveforms), asked["torch"].model.embed(waveforms), atol=1e-4)


@pytest.mark.parametrize("faster", ["torch", "onnx"])
def test_the_faster_one(folder, monkeypatch, faster):
    times = {"torch": [1.0, 2.0], "onnx": [2.0, 1.0]}[faster]
    monkeypatch.setattr(runtime, "_seconds", lambda models, samples: times[: len(models)] if samples else [])
    choice = runtime.load_with_runtime(folder, "auto", speech)
    assert choice.runtime == faster
    assert "1.00 s" in choice.reason


def test_both_are_timed_on_the_examples(folder):
    choice = runtime.load_with_runtime(folder, "auto", speech)
    assert choice.runtime in ("torch", "onnx")
    assert "for 2 recordings" in choice.reason


def test_torch_where_there_is_nothing_to_choose(folder, tmp_path, monkeypatch):
    assert runtime.load_with_runtime(folder, "auto").reason == "nothing to time them on"
    monkeypatch.setattr(onnx_encoder, "is_available", lambda: False)
    assert runtime.load_with_runtime(folder, "auto", speech).reason == "ONNX Runtime is not installed"
    with pytest.raises(InputError, match="pip install"):
        runtime.load_with_runtime(folder, "onnx")
    monkeypatch.undo()
    SpeakerModel(encoders.create("x_vector", embedding_size=8, channels=[8] * 5)).save(tmp_path)
    assert "holds no model.onnx" in runtime.load_with_runtime(tmp_path, "auto", speech).reason
    shutil.copy(folder / runtime.EXPORTED, tmp_path)
    assert "of other weights" in runtime.load_with_runtime(tmp_path, "auto", speech).reason


def test_an_onnx_file_is_a_model(folder):
    exported = folder / runtime.EXPORTED
    assert runtime.load_with_runtime(exported).runtime == "onnx"
    with pytest.raises(InputError, match="ONNX Runtime alone"):
        runtime.load_with_runtime(exported, "torch")


def test_an_export_for_one_run_leaves_nothing(folder, tmp_path, monkeypatch):
    for name in ("model.json", "model.safetensors"):
        shutil.copy(folder / name, tmp_path)
    # The export itself has tests of its own.
    monkeypatch.setattr(onnx_export, "export", lambda _, path: shutil.copy(folder / runtime.EXPORTED, path))
    choice = runtime.load_with_runtime(tmp_path, "onnx")
    assert choice.model.embed(speech(16_000)).shape == (2, 8)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["model.json", "model.safetensors"]


def test_bfloat16_is_for_torch(folder, monkeypatch):
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    for runtime_name, path in (("onnx", folder), ("auto", folder / runtime.EXPORTED)):
        with pytest.raises(InputError, match="ONNX Runtime computes in float32 here"):
            runtime.load_with_runtime(path, runtime_name, precision="bfloat16")
    choice = runtime.load_with_runtime(folder, "auto", speech, "auto")
    assert (choice.runtime, choice.model.precision) == ("torch", "bfloat16")
    assert runtime.load_with_runtime(folder, "onnx", precision="auto").model.precision == "float32"
