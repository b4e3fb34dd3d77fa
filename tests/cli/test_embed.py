from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders, precision
from voxmetric.cli import main
from voxmetric.data.utterances import UtteranceTable
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, and a table of six recordings in two splits, of which one holds no audio."""
    folder = tmp_path_factory.mktemp("embed")
    torch.manual_seed(0)
    SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(folder / "model")
    rng = np.random.default_rng(0)
    names = [f"{number}.wav" for number in range(6)]
    for name in names[:-1]:
        soundfile.write(folder / name, 0.1 * rng.standard_normal(9_000), 16_000)
    (folder / names[-1]).write_bytes(b"no audio")
    columns = {"id": names, "path": names, "speaker": list("aabbcc"), "split": ["dev"] * 4 + ["test"] * 2}
    UtteranceTable.from_columns(columns, folder, "the test").write(folder / "table.csv")
    return folder


def run(*arguments) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_split_of_a_table(folder, tmp_path, capsys):
    output = tmp_path / "e.safetensors"
    assert run("embed", folder / "model", folder / "table.csv", "--split", "dev", "-o", output, "--quiet") == 0
    assert list(EmbeddingSet.load(output).ids) == ["0.wav", "1.wav", "2.wav", "3.wav"]
    assert "4 embeddings of 8 numbers" in capsys.readouterr().out


def test_recordings_named_one_by_one(folder, tmp_path):
    paths = [folder / "3.wav", folder / "1.wav"]
    assert run("embed", folder / "model", *paths, "-o", tmp_path / "e.safetensors", "--quiet") == 0
    assert list(EmbeddingSet.load(tmp_path / "e.safetensors").ids) == [str(path) for path in paths]


def test_unreadable_recordings_are_counted_and_listed(folder, tmp_path, capsys):
    arguments = ["embed", folder / "model", folder / "table.csv", "--most-unreadable", "0.5", "--quiet"]
    assert run(*arguments, "-o", tmp_path / "e.safetensors") == 0
    assert "skipped 1 that cannot be read: 5.wav" in capsys.readouterr().out
    assert run(*arguments, "-o", tmp_path / "again.safetensors", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["embedded"] == 5
    assert list(told["unreadable"]) == ["5.wav"]


def test_the_precision_is_told(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(precision, "is_faster_in_bfloat16", lambda _: True)
    arguments = ["embed", folder / "model", folder / "0.wav", "-o", tmp_path / "e.safetensors", "--quiet", "--json"]
    for asked, found in (("float32", "float32"), ("bfloat16", "bfloat16"), ("auto", "bfloat16")):
        assert run(*arguments, "--precision", asked) == 0
        assert json.loads(capsys.readouterr().out)["precision"] == found
        assert EmbeddingSet.load(tmp_path / "e.safetensors").precision == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["table.csv"], "1 of 6 recordings cannot be read, more than the share allowed (0.05)"),
        (["table.csv", "--split", "tset"], "'dev', 'test'"),
        (["table.csv", "--where", "speaker"], "expected --where COLUMN=VALUE, found 'speaker'"),
        (["table.csv", "0.wav"], "expected recordings or one table"),
        (["missing.csv"], "missing.csv"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    assert run("embed", "model", *arguments, "-o", tmp_path / "e.safetensors", "--quiet") == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "e.safetensors").exists()
