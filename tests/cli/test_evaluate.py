from __future__ import annotations

import json

import numpy as np
import pytest

from voxmetric import metrics
from voxmetric.cli import main
from voxmetric.data.trials import TrialList, all_pairs
from voxmetric.data.utterances import UtteranceTable
from voxmetric.scoring.embeddings import EmbeddingSet

NUM_DEV, NUM_TEST, TAKES = 25, 24, 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with two splits, embeddings of a good and a poor system, and a trial list."""
    folder = tmp_path_factory.mktemp("evaluate")
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(NUM_DEV + NUM_TEST), TAKES)
    ids = [f"s{code}-{place}" for place, code in enumerate(codes)]
    columns = {
        "id": ids,
        "path": [f"{name}.wav" for name in ids],
        "speaker": [f"s{code}" for code in codes],
        "split": ["dev" if code < NUM_DEV else "test" for code in codes],
    }
    table = UtteranceTable.from_columns(columns, folder, "the test")
    table.write(folder / "table.csv")
    voices = rng.standard_normal((NUM_DEV + NUM_TEST, 16))[codes]
    for name, noise in (("good", 0.5), ("poor", 2.0)):
        vectors = voices + noise * rng.standard_normal(voices.shape)
        EmbeddingSet(ids, vectors, model=name).save(folder / f"{name}.safetensors")
    all_pairs(table.where(split="test")).write(folder / "trials.txt")
    return folder


def run(*arguments) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def evaluate(folder, systems, *arguments) -> int:
    paths = [folder / system for system in systems]
    return run("evaluate", *paths, "--table", folder / "table.csv", "--resamples", "200", "--quiet", *arguments)


def test_one_system_on_all_pairs_of_a_split(folder, capsys):
    assert evaluate(folder, ["good.safetensors"], "--split", "test", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    trials = TrialList.read(folder / "trials.txt")
    assert found["trials_sha256"] == trials.sha256
    assert found["num_speakers"] == NUM_TEST
    figures = found["systems"][0]["metrics"]
    assert 0.0 < figures["eer"]["low"] < figures["eer"]["value"] < figures["eer"]["high"] < 0.5
    assert "cllr" not in figures


def test_two_systems_calibrated_and_compared_with_files(folder, tmp_path, capsys):
    output = tmp_path / "report"
    systems = ["good.safetensors", "poor.safetensors"]
    options = ["--trials", folder / "trials.txt", "--calibrate-on", "dev", "-o", output]
    assert evaluate(folder, systems, *options) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "good is better than poor" in printed
    assert "logistic, fitted at even prior" in printed
    assert metrics.EER_DEFINITIONS["interpolated"] in printed
    results = json.loads((output / "results.json").read_text())
    assert results["systems"][0]["metrics"]["cllr"]["value"] < 1.0
    assert results["pairs"][0]["verdict"] == "a better"
    assert (output / "det.svg").exists()
    assert evaluate(folder, [output / "scores" / "good.txt"], "--trials", folder / "trials.txt", "--json") == 0
    again = json.loads(capsys.readouterr().out)["systems"][0]["metrics"]["eer"]
    assert again["value"] == pytest.approx(results["systems"][0]["metrics"]["eer"]["value"], abs=1e-6)


def test_scores_of_another_toolkit_as_ratios(folder, tmp_path, capsys):
    trials = TrialList.read(folder / "trials.txt")
    llrs = np.random.default_rng(1).standard_normal(len(trials)) + 3.0 * trials.labels - 1.5
    lines = [f"{a} {b} {llr}" for a, b, llr in zip(trials.enrol_ids, trials.test_ids, llrs, strict=True)]
    (tmp_path / "theirs.txt").write_text("\n".join(lines) + "\n")
    assert evaluate(folder, [tmp_path / "theirs.txt"], "--trials", folder / "trials.txt", "--llr", "--json") == 0
    system = json.loads(capsys.readouterr().out)["systems"][0]
    assert system["name"] == "theirs"
    assert system["metrics"]["cllr"]["value"] == pytest.approx(metrics.cllr(llrs, trials.labels))
    assert system["calibration"] == "the system's own log-likelihood ratios"


@pytest.mark.parametrize(
    ("systems", "arguments", "words"),
    [
        (["nothing"], [], "found nothing at"),
        (["good.safetensors"] * 2, [], "found one of them twice"),
        (["good.safetensors"], ["--trials", "missing.txt"], "missing.txt"),
        (["good.safetensors"], ["--split", "test", "--trials", "unknown.txt"], "(2: 'nobody', 's0-0')"),
        (["good.safetensors"], ["--calibrate-on", "dev"], "25 speakers of the trials"),
        (["good.safetensors"], ["--llr", "--calibrate-on", "dev"], "found both"),
        (["good.safetensors"], ["--eer-definition", "exact"], "unknown EER definition 'exact'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, capsys, monkeypatch, systems, arguments, words):
    monkeypatch.chdir(folder)
    (folder / "unknown.txt").write_text("1 nobody s0-0\n0 s30-120 s31-124\n")
    assert evaluate(folder, systems, *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_trained_back_end_normalised_and_used_again(folder, tmp_path, capsys):
    output = tmp_path / "report"
    options = ["--trials", folder / "trials.txt"]
    cohort = ["--normalize", "as_norm", "--cohort", "dev", "--cohort-by", "speaker", "--top", "9"]
    plda = ["--backend", "plda", "--backend-option", "dimensions=8", "--train-on", "dev", *cohort]
    assert evaluate(folder, ["good.safetensors"], *options, *plda, "-o", output) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Scores: plda, dimensions 8, fitted to 100 utterances of 25 speakers" in printed
    assert "as_norm by the 9 highest of 25 cohort speakers" in printed
    results = json.loads((output / "results.json").read_text())
    fitted = output / "back-ends" / "good.safetensors"
    assert evaluate(folder, ["good.safetensors"], *options, "--backend", fitted, *cohort, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["systems"][0]["metrics"]["eer"] == results["systems"][0]["metrics"]["eer"]
    assert evaluate(folder, ["poor.safetensors"], *options, "--backend", fitted) == 2
    assert "is of model good, the embeddings are of model poor" in capsys.readouterr().err


def test_models_of_several_recordings_make_fewer_errors(folder, tmp_path, capsys):
    table = UtteranceTable.read(folder / "table.csv").where(split="test")
    takes = {speaker: table.ids[table.speakers == speaker] for speaker in set(table.speakers)}
    lines = [f"model-{speaker} {' '.join(ids[:3])}" for speaker, ids in takes.items()]
    (tmp_path / "models.txt").write_text("\n".join(lines) + "\n")
    found = []
    for enrolled in ({speaker: f"model-{speaker}" for speaker in takes}, {s: ids[0] for s, ids in takes.items()}):
        lines = [f"{int(one == other)} {enrolled[one]} {takes[other][3]}" for one in takes for other in takes]
        (tmp_path / "trials.txt").write_text("\n".join(lines) + "\n")
        options = ["--trials", tmp_path / "trials.txt", "--enrolments", tmp_path / "models.txt", "--json"]
        assert evaluate(folder, ["poor.safetensors"], "--split", "test", *options) == 0
        found.append(json.loads(capsys.readouterr().out)["systems"][0])
    of_models, of_single_recordings = (system["metrics"]["eer"]["value"] for system in found)
    assert of_models < of_single_recordings
    assert found[0]["scoring"] == f"cosine; {NUM_TEST} enrolment models"


def test_a_cohort_in_a_file_of_its_own(folder, tmp_path, capsys):
    everything = EmbeddingSet.load(folder / "good.safetensors")
    strangers = EmbeddingSet([f"c-{name}" for name in everything.ids[:50]], everything.vectors[:50], "good")
    EmbeddingSet(everything.ids[:100], everything.vectors[:100], "good").save(tmp_path / "known.safetensors")
    strangers.save(tmp_path / "strangers.safetensors")
    for cohort, by, members in (("strangers", "utterance", 50), ("known", "utterance", 100), ("known", "speaker", 25)):
        options = ["--normalize", "s_norm", "--cohort", tmp_path / f"{cohort}.safetensors", "--cohort-by", by]
        assert evaluate(folder, ["good.safetensors"], "--split", "test", *options, "--json") == 0
        system = json.loads(capsys.readouterr().out)["systems"][0]
        assert system["scoring"] == f"cosine; s_norm by {members} cohort {by}s"
    assert evaluate(folder, ["poor.safetensors"], "--split", "test", *options) == 2
    assert "the cohort is of model good" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--backend", "plda"], "back-end 'plda' is trained"),
        (["--train-on", "dev"], "back-end 'cosine' is not trained"),
        (["--backend", "lda", "--train-on", "test"], "24 speakers of the trials, 's25' for one, are in --train-on too"),
        (["--normalize", "s_norm"], "found one without the other"),
        (["--normalize", "s_norm", "--cohort", "test"], "are in --cohort too"),
        (["--normalize", "as_norm", "--cohort", "dev"], "a cohort of 100 and the highest 300"),
        (["--backend", "crops_distance"], "expected the format voxmetric-crop-embeddings-1"),
        (["--backend-option", "dimensions"], "expected --backend-option KEY=VALUE"),
        (["--backend", "lda", "--train-on", "dev", "--calibrate-on", "dev"], "are in --train-on too"),
    ],
)
def test_scoring_that_cannot_be_is_one_line(folder, capsys, arguments, words):
    assert evaluate(folder, ["good.safetensors"], "--split", "test", *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_decisions_fusion_and_the_drawing_of_calibration(folder, tmp_path, capsys):
    systems = ["good.safetensors", "poor.safetensors"]
    options = ["--trials", folder / "trials.txt", "--calibrate-on", "dev", "--fuse", "-o", tmp_path]
    assert evaluate(folder, systems, *options) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "decisions at prior 0.01: only good is wrong in" in printed
    results = json.loads((tmp_path / "results.json").read_text())
    good, poor, fusion = results["systems"]
    assert (fusion["name"], fusion["calibration"][:15]) == ("fusion", "logistic fusion")
    assert fusion["metrics"]["min_cllr"]["value"] < poor["metrics"]["min_cllr"]["value"]
    assert fusion["metrics"]["cllr"]["value"] < 1.05 * good["metrics"]["cllr"]["value"]
    assert {pair["metric"] for pair in results["pairs"]} == {"eer", "act_dcf_0.01"}
    assert (tmp_path / "calibration.svg").read_text().startswith("<?xml")


def test_isotonic_calibration(folder, capsys):
    options = ["--trials", folder / "trials.txt", "--calibrate-on", "dev", "--calibration", "isotonic", "--json"]
    assert evaluate(folder, ["good.safetensors"], *options) == 0
    system = json.loads(capsys.readouterr().out)["systems"][0]
    assert system["calibration"].startswith("isotonic, fitted on")
    assert system["metrics"]["min_cllr"]["value"] < system["metrics"]["cllr"]["value"] < 1.0


@pytest.mark.parametrize("method", ["logistic", "logistic_quality"])
def test_a_calibration_kept_with_the_model_is_used_and_told(tiny_corpus, tmp_path, capsys, method):
    import torch

    from voxmetric import encoders
    from voxmetric.speaker_model import SpeakerModel, load_model

    torch.manual_seed(0)
    SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(tmp_path / "model")
    common = ["evaluate", tmp_path / "model", "--table", tiny_corpus, "--split", "test", "--resamples", "20", "--json"]
    fitting = ["--calibrate-on", "train", "--calibration", method, "--save-calibration"]
    assert run(*common, *fitting, "--quiet") == 0
    fitted = json.loads(capsys.readouterr().out)["systems"][0]["metrics"]
    kept = load_model(tmp_path / "model").calibration
    assert (kept.method, kept.fitted_on.num_speakers, kept.needs_qualities) == (method, 10, method != "logistic")
    assert run(*common, "--quiet") == 0
    system = json.loads(capsys.readouterr().out)["systems"][0]
    # In other company, in batches of other sizes, embeddings differ in their last digits.
    assert system["metrics"] == {name: pytest.approx(figures, rel=1e-4) for name, figures in fitted.items()}
    assert f"{method}, kept with the model" in system["calibration"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fuse"], "--fuse needs --calibrate-on"),
        (["--save-calibration"], "--save-calibration needs --calibrate-on"),
        (["--fuse", "--calibrate-on", "dev"], "expected two systems or more to --fuse"),
        (["--trials", "trials.txt", "--save-calibration", "--calibrate-on", "dev"], "in the folders of models"),
    ],
)
def test_calibration_options_that_contradict_each_other(folder, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(folder)
    assert evaluate(folder, ["good.safetensors"], *arguments) == 2
    assert words in capsys.readouterr().err
