from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.speaker_model import SpeakerModel

pytest.importorskip("onnxscript", reason="the extra `onnx` is not installed")
pytest.importorskip("onnxruntime", reason="the extra `onnx` is not installed")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model's folder, with three recordings beside it."""
    folder = tmp_path_factory.mktemp("export")
    torch.manual_seed(0)
    SpeakerModel(encoders.create("x_vector", embedding_size=8, channels=[8] * 5)).save(folder / "model")
    rng = np.random.default_rng(0)
    for number, length in enumerate((9_000, 12_345, 40_000)):
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(length), 16_000)
    return folder / "model"


def run(*arguments) -> int:
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_from_a_model_to_embeddings(model, tmp_path, capsys):
    exported = tmp_path / "model.onnx"
    assert run("export", model, "-o", exported, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bytes"] == exported.stat().st_size
    assert len(told["compared_lengths"]) == 5
    assert max(told["difference"].values()) < 1e-4
    recordings = sorted(model.parent.glob("*.wav"))
    runtimes = []
    for source in (model, exported):
        assert run("embed", source, *recordings, "-o", tmp_path / f"{source.name}.e", "--json", "--quiet") == 0
        runtimes.append(json.loads(capsys.readouterr().out)["runtime"])
    assert runtimes == ["torch", "onnx"]
    ours, theirs = (EmbeddingSet.load(tmp_path / f"{source.name}.e") for source in (model, exported))
    np.testing.assert_allclose(theirs.vectors, ours.vectors, atol=1e-4)
    assert (list(theirs.ids), theirs.model) == (list(ours.ids), ours.model)


def test_bad_input_is_one_line_and_exit_code_2(model, tmp_path, capsys, monkeypatch):
    (tmp_path / "damaged.onnx").write_bytes(b"no graph")
    recording = model.parent / "0.wav"
    for arguments, words in (
        (["export", tmp_path, "-o", tmp_path / "m.onnx"], "is not a model folder"),
        (["embed", tmp_path / "damaged.onnx", recording, "-o", tmp_path / "e", "--quiet"], "is no ONNX model"),
        (["embed", tmp_path / "missing.onnx", recording, "-o", tmp_path / "e", "--quiet"], "there is no file"),
    ):
        assert run(*arguments) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert run("export", model, "-o", tmp_path / "m.onnx") == 2
    assert "pip install 'voxmetric[onnx]'" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["damaged.onnx"]
