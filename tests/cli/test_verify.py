from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import soundfile
import torch

from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.scoring.model_calibration import FittedOn, ModelCalibration, Threshold
from voxmetric.scoring.score_files import read_scores
from voxmetric.speaker_model import SpeakerModel, load_model

LOUD, SOFT = "loud.wav", "soft.wav"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four recordings of noise, a model without a calibration, and the same with one that parts at the cosine 0."""
    folder = tmp_path_factory.mktemp("verify")
    torch.manual_seed(0)
    model = SpeakerModel(encoders.create("x_vector", embedding_size=8))
    model.save(folder / "bare")
    fitted_on = FittedOn("table", "dev pairs", "trials", 10, 90, 5, prior=0.5)
    model.calibration = ModelCalibration("logistic", LogisticCalibration(2.0, 0.0), model.fingerprint, fitted_on)
    model.save(folder / "calibrated")
    rng = np.random.default_rng(0)
    for number in range(4):
        soundfile.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(24_000), 16_000)
    return folder


def run(*arguments) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_the_exit_code_is_the_answer(folder, capsys):
    pair = [folder / "0.wav", folder / "0.wav", "--model", folder / "bare"]
    assert run("verify", *pair, "--threshold", 0.99) == 0
    said = capsys.readouterr().out
    assert "score: 1.0000 (cosine)" in said
    assert "decision: same speaker" in said
    assert run("verify", folder / "0.wav", folder / "1.wav", "--model", folder / "bare", "--threshold", 1.01) == 1
    assert "decision: different speakers" in capsys.readouterr().out


def test_without_calibration_and_threshold_nothing_is_guessed(folder, capsys):
    assert run("verify", folder / "0.wav", folder / "1.wav", "--model", folder / "bare") == 2
    said = capsys.readouterr().out
    assert "score:" in said
    assert "voxmetric threshold" in said
    assert "speaker (" not in said


def test_a_calibrated_model_gives_a_ratio_and_decides(folder, capsys):
    assert run("verify", folder / "0.wav", folder / "0.wav", "--model", folder / "calibrated", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["log_likelihood_ratio"] == pytest.approx(2.0, abs=1e-4)
    assert found["same_speaker"] is True
    assert found["threshold"] == 0.0
    assert "dev pairs" in found["basis"]


def test_several_recordings_of_a_voice_are_averaged(folder, capsys):
    model = load_model(folder / "bare")
    names = [folder / f"{number}.wav" for number in range(3)]
    options = ["--model", folder / "bare", "--threshold", 0, "--json"]
    run("verify", "--enrol", *names[:2], "--test", names[2], *options)
    one, two, other = (model.embed(name).astype(float) for name in names)
    mean = (one + two) / np.linalg.norm(one + two)
    assert json.loads(capsys.readouterr().out)["score"] == pytest.approx(mean @ other, abs=1e-5)


def test_a_list_of_pairs_without_labels(folder, tmp_path, capsys):
    pairs = [("0.wav", "1.wav"), ("0.wav", "0.wav"), ("2.wav", "3.wav")]
    (folder / "pairs.txt").write_text("".join(f"{a} {b}\n" for a, b in pairs))
    (folder / "pairs.csv").write_text("enrol,test\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    output = tmp_path / "scores.csv"
    for name in ("pairs.txt", "pairs.csv"):
        assert run("verify", "--trials", folder / name, "--model", folder / "calibrated", "-o", output, "--quiet") == 0
        rows = list(csv.DictReader(output.read_text().splitlines()))
        assert [(row["enrol"], row["test"]) for row in rows] == pairs
        assert float(rows[1]["score"]) == pytest.approx(1.0, abs=1e-5)
        assert all(int(row["same_speaker"]) == (float(row["log_likelihood_ratio"]) >= 0) for row in rows)
    assert "3 pairs scored" in capsys.readouterr().out


def test_pairs_of_recordings_that_cannot_be_read_have_no_score(folder, tmp_path, capsys):
    (folder / "broken.wav").write_bytes(b"no audio")
    pairs = [("0.wav", "broken.wav"), ("0.wav", "1.wav"), ("gone.wav", "2.wav"), ("2.wav", "3.wav")]
    (folder / "some.csv").write_text("enrol,test\n" + "".join(f"{a},{b}\n" for a, b in pairs))
    output = tmp_path / "scores.csv"
    arguments = ["verify", "--trials", folder / "some.csv", "--model", folder / "calibrated", "--quiet"]
    assert run(*arguments, "-o", output, "--json") == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["pairs"], told["scored"], sorted(told["unreadable"])) == (4, 2, ["broken.wav", "gone.wav"])
    assert said.err.count("skipped") == said.err.count("\n") == 2
    rows = list(csv.DictReader(output.read_text().splitlines()))
    assert [row["unreadable"] for row in rows] == ["broken.wav", "", "gone.wav", ""]
    assert [row["score"] == row["log_likelihood_ratio"] == row["same_speaker"] == "" for row in rows] == [
        True,
        False,
        True,
        False,
    ]
    assert run(*arguments, "-o", tmp_path / "scores.txt") == 0
    assert "2 pairs scored, 2 have a recording that cannot be read" in capsys.readouterr().out
    assert len((tmp_path / "scores.txt").read_text().splitlines()) == 2
    (folder / "none.csv").write_text("enrol,test\n0.wav,gone.wav\n")
    assert run("verify", "--trials", folder / "none.csv", "--model", folder / "bare", "-o", tmp_path / "n.csv") == 2
    assert "none of 1 pairs can be compared" in capsys.readouterr().err
    assert not (tmp_path / "n.csv").exists()


def test_a_labelled_list_with_a_table_as_text(folder, tmp_path, capsys):
    from voxmetric.data.trials import TrialList

    (folder / "table.csv").write_text("id,path,speaker\na,0.wav,x\nb,1.wav,x\n")
    (folder / "list.txt").write_text("1 a b\n0 b b\n")
    options = ["--table", folder / "table.csv", "--model", folder / "bare", "-o", tmp_path / "scores.txt", "--json"]
    assert run("verify", "--trials", folder / "list.txt", *options, "--quiet") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pairs"], told["same_speaker"]) == (2, None)
    scores = read_scores(tmp_path / "scores.txt", TrialList.read(folder / "list.txt"))
    assert scores[1] == pytest.approx(1.0, abs=1e-5)


def test_the_threshold_kept_with_the_model_decides(folder, tmp_path, capsys):
    model = load_model(folder / "calibrated")
    kept = Threshold(5.0, 2.5, "false accepts at most 1 %")
    model.calibration = ModelCalibration(
        "logistic", model.calibration.map, model.fingerprint, model.calibration.fitted_on, kept
    )
    model.save(tmp_path / "model")
    assert run("verify", folder / "0.wav", folder / "0.wav", "--model", tmp_path / "model") == 1
    assert "false accepts at most 1 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["0.wav"], "expected two recordings"),
        (["0.wav", "1.wav", "--test", "2.wav"], "expected two recordings"),
        (["0.wav", "nothing.wav"], "nothing.wav"),
        (["0.wav", "1.wav", "--threshold", "nan"], "finite"),
        (["0.wav", "1.wav", "--output", "x.csv"], "with --trials only"),
        (["--trials", "pairs.txt"], "expected --trials with --output"),
        (["--trials", "missing.txt", "-o", "x.csv"], "cannot read pairs"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    assert run("verify", *arguments, "--model", "bare") == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
