from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.data.trials import all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.scoring.isotonic_calibration import IsotonicCalibration
from voxmetric.scoring.model_calibration import FittedOn, ModelCalibration
from voxmetric.speaker_model import SpeakerModel, load_model

NUM_SPEAKERS, TAKES = 30, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with embeddings that know the speakers a little, and a model with recordings of twelve speakers."""
    folder = tmp_path_factory.mktemp("threshold")
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(NUM_SPEAKERS), TAKES)
    ids = [f"s{code}-{place}" for place, code in enumerate(codes)]
    columns = {"id": ids, "path": ids, "speaker": [f"s{code}" for code in codes]}
    table = UtteranceTable.from_columns(columns, folder, "the test")
    table.write(folder / "table.csv")
    vectors = rng.standard_normal((NUM_SPEAKERS, 16))[codes] + 0.7 * rng.standard_normal((len(ids), 16))
    EmbeddingSet(ids, vectors, model="x").save(folder / "good.safetensors")
    all_pairs(table).write(folder / "trials.txt")
    torch.manual_seed(0)
    SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(folder / "model")
    lines = []
    for speaker in range(12):
        for take in range(2):
            soundfile.write(folder / f"{speaker}-{take}.wav", 0.1 * rng.standard_normal(9_000), 16_000)
        lines += [f"1 {speaker}-0.wav {speaker}-1.wav", f"0 {speaker}-0.wav {(speaker + 1) % 12}-0.wav"]
        lines += [f"0 {speaker}-1.wav {(speaker + 5) % 12}-0.wav"]
    (folder / "pairs.txt").write_text("\n".join(lines) + "\n")
    return folder


def run(*arguments) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def threshold(folder, system, *arguments) -> int:
    return run("threshold", folder / system, *arguments, "--resamples", "50", "--quiet")


def test_all_pairs_of_a_table(folder, capsys):
    assert threshold(folder, "good.safetensors", "--table", folder / "table.csv", "--false-accept", 0.05) == 0
    said = capsys.readouterr().out
    assert "target: false accepts at most 5 %" in said
    assert "rule of 30" in said
    assert said.splitlines()[-1].startswith("Which threshold? Say")


def test_some_of_a_table(folder, capsys):
    some = ["--where", "speaker=s3", "--where", "speaker=s8"]
    assert threshold(folder, "good.safetensors", "--table", folder / "table.csv", *some, "--prior", 0.5) == 0
    assert "6 of one speaker, 9 of two" in capsys.readouterr().out
    assert threshold(folder, "good.safetensors", "--trials", folder / "trials.txt", *some, "--prior", 0.5) == 2
    assert "no --split or --where" in capsys.readouterr().err


def test_json_of_a_list_without_a_table_is_that_with_one(folder, capsys):
    found = []
    for source in (["--table", folder / "table.csv"], []):
        options = ["--trials", folder / "trials.txt", "--prior", 0.1, "--json"]
        assert threshold(folder, "good.safetensors", *source, *options) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["threshold"]["value"] == found[1]["threshold"]["value"]
    assert found[0]["false_reject"]["low"] <= found[0]["false_reject"]["value"] <= found[0]["false_reject"]["high"]
    assert found[0]["log_likelihood_ratio"]["value"] == pytest.approx(np.log(9), abs=1.5)


def test_what_is_saved_decides_in_verify(folder, capsys):
    pairs = ["--trials", folder / "pairs.txt"]
    assert threshold(folder, "model", *pairs, "--false-accept", 0.25, "--save") == 0
    assert "saved:" in capsys.readouterr().out
    calibration = load_model(folder / "model").calibration
    assert calibration.fitted_on.num_target == 12
    assert calibration.apply([calibration.threshold.score])[0] == pytest.approx(
        calibration.threshold.log_likelihood_ratio
    )
    assert run("verify", folder / "0-0.wav", folder / "0-0.wav", "--model", folder / "model") in (0, 1)
    assert "false accepts at most 25 %" in capsys.readouterr().out


def calibrated(folder, name, fitted):
    """A copy of the model that carries a calibration, fitted on whatever trials."""
    model = SpeakerModel(load_model(folder / "model").encoder)
    origin = FittedOn("", "elsewhere", "", 1, 1, 2)
    method = "isotonic" if isinstance(fitted, IsotonicCalibration) else "logistic"
    model.calibration = ModelCalibration(method, fitted, model.fingerprint, origin)
    model.save(folder / name)


def test_the_ratio_is_that_of_the_models_calibration(folder, capsys):
    calibrated(folder, "steep", LogisticCalibration(scale=100.0, offset=7.0))
    assert threshold(folder, "steep", "--trials", folder / "pairs.txt", "--false-accept", 0.25, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["log_likelihood_ratio"]["value"] == pytest.approx(100 * told["threshold"]["value"] + 7)
    assert "elsewhere" in told["calibration"]


def test_a_threshold_that_the_models_ratio_cannot_express_is_not_saved(folder, capsys):
    calibrated(folder, "flat", IsotonicCalibration((-1.0, 1.0), (0.5, 0.5)))
    assert threshold(folder, "flat", "--trials", folder / "pairs.txt", "--false-accept", 0.25, "--save") == 2
    assert "nothing saved: the calibration in" in capsys.readouterr().err
    assert load_model(folder / "flat").calibration.threshold is None


def test_too_few_speakers_are_said_and_nothing_is_saved(folder, capsys):
    model = SpeakerModel(load_model(folder / "model").encoder)
    model.save(folder / "other")
    assert threshold(folder, "other", "--trials", folder / "pairs.txt", "--false-accept", 0.001, "--save") == 2
    told = capsys.readouterr()
    assert "needs at least 3,000 pairs of different speakers" in told.out
    assert "nothing saved" in told.err
    assert load_model(folder / "other").calibration is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trials", "trials.txt"], "found 0 of them"),
        (["--trials", "trials.txt", "--prior", "0.1", "--false-accept", "0.1"], "found 2 of them"),
        (["--prior", "0.1"], "expected --table"),
        (["--trials", "trials.txt", "--false-accept", "2"], "between 0 and 1"),
        (["--trials", "trials.txt", "--false-accept", "0.1", "--save"], "--save keeps"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    assert threshold(folder, "good.safetensors", *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
