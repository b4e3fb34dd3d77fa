"""`enroll`, `identify` and `gallery` together: they make sense only one after the other."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.identification import enrolment
from voxmetric.scoring.calibration import LogisticCalibration
from voxmetric.speaker_model import SpeakerModel


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    return SpeakerModel(encoders.create("x_vector", embedding_size=8)).save(tmp_path_factory.mktemp("model"))


def run(*arguments) -> int:
    """The exit code of a command line."""
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def answer(capsys, *arguments):
    """What a command prints with --json."""
    capsys.readouterr()
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def audio(tiny_corpus):
    return tiny_corpus.parent


@pytest.fixture
def gallery(tmp_path, model, audio):
    """A gallery with two people of two recordings each."""
    for name in ("s00", "s01"):
        recordings = [audio / f"{name}-{take}.wav" for take in range(2)]
        assert run("enroll", tmp_path / "gallery", name, *recordings, "--model", model) == 0
    return tmp_path / "gallery"


def test_a_person_is_enrolled_found_changed_and_removed(gallery, audio, capsys):
    assert run("enroll", gallery, "s00", audio / "s00-0.wav") == 0
    assert capsys.readouterr().out == f"s00: enrolled with 2 recordings; 2 people in {gallery}\n"
    assert answer(capsys, "gallery", gallery)["people"] == {"s00": 2, "s01": 2}
    (found,) = answer(capsys, "identify", gallery, audio / "s00-1.wav", "--threshold", 0.5, "--pooling", "max")
    assert (found["decision"], found["speaker"]) == ("identified", "s00")
    assert [each["name"] for each in found["candidates"]] == ["s00", "s01"]
    told = answer(capsys, "gallery", gallery, "update", "s00", audio / "s00-3.wav")
    assert told["recordings"] == [str(audio / "s00-3.wav")]
    assert answer(capsys, "gallery", gallery, "show", "s00") == told
    assert answer(capsys, "gallery", gallery, "remove", "s00") == {"removed": "s00", "people": 1}
    assert run("gallery", gallery) == 0
    assert "s01: 2\n1 people, 2 recordings" in capsys.readouterr().out


def test_a_stranger_is_unknown_and_the_exit_code_is_0(gallery, audio, capsys):
    assert run("identify", gallery, audio / "s02-0.wav", "--threshold", 0.99999, "--top", 1) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"{audio / 's02-0.wav'}: unknown (threshold 1 on the cosine; s0")


def test_without_a_threshold_it_says_that_it_cannot_reject(gallery, audio, capsys):
    capsys.readouterr()
    assert run("identify", gallery, audio / "s02-0.wav") == 0
    said = capsys.readouterr()
    assert ": ranked s0" in said.out
    assert "cannot tell a stranger" in said.err


def test_a_calibrated_model_decides_by_ratios(gallery, audio, capsys, monkeypatch):
    calibration = LogisticCalibration(scale=100.0, offset=-50.0)
    monkeypatch.setattr("voxmetric.identification.gallery.Gallery.calibration", property(lambda _: calibration))
    (found,) = answer(capsys, "identify", gallery, audio / "s00-0.wav")
    assert found["decision"] == "identified"
    assert found["threshold"] == pytest.approx(0.6931, abs=1e-4)
    (raw,) = answer(capsys, "identify", gallery, audio / "s00-0.wav", "--cosine", "--threshold", 0.5)
    assert raw["candidates"][0]["log_likelihood_ratio"] is None
    assert raw["decision"] == "identified"


def test_a_table_is_enrolled_part_by_part_and_goes_on_after_an_interruption(
    tiny_corpus, tmp_path, model, capsys, monkeypatch
):
    monkeypatch.setattr(enrolment, "PART_UTTERANCES", 7)
    arguments = ["enroll", tmp_path / "gallery", "--table", tiny_corpus, "--split", "test", "--first", 3, "--quiet"]
    embed_table, calls = enrolment.embed_table, []

    def interrupted(*given, **options):
        calls.append(len(given[1]))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return embed_table(*given, **options)

    monkeypatch.setattr(enrolment, "embed_table", interrupted)
    assert run(*arguments, "--model", model) == 130
    assert answer(capsys, "gallery", tmp_path / "gallery")["people"] == {"s10": 3, "s11": 3}
    done = answer(capsys, *arguments)
    assert (done["enrolled"], done["already"], done["people"]) == (12, 6, 6)
    assert calls == [6, 6, 6, 6]
    people = answer(capsys, "gallery", tmp_path / "gallery")["people"]
    assert people == dict.fromkeys([f"s{number}" for number in range(10, 16)], 3)


def test_an_evaluation_leaves_out_what_is_enrolled_and_knows_strangers(tiny_corpus, tmp_path, model, capsys):
    place = tmp_path / "gallery"
    assert run("enroll", place, "--table", tiny_corpus, "--split", "train", "--first", 2, "--model", model) == 0
    found = answer(capsys, "identify", place, tiny_corpus, "--evaluate", "--threshold", 0.9, "--resamples", 50)
    assert [found[name] for name in ("num_enrolled", "num_speakers", "num_probes")] == [10, 10, 20]
    assert [found[name] for name in ("num_strangers", "num_stranger_probes")] == [6, 24]
    assert set(found["accuracy"]) == {"1", "5"}
    assert found["accuracy"]["1"]["low"] <= found["accuracy"]["1"]["value"] <= found["accuracy"]["1"]["high"]
    assert set(found["detection_identification"]) == {"0.01", "0.05", "0.1"}
    assert found["detection"]["value"] <= found["accuracy"]["1"]["value"]
    assert run("identify", place, tiny_corpus, "--evaluate", "--resamples", 50) == 0
    said = capsys.readouterr().out
    assert "10 people enrolled; 20 probes of 10 of them, 24 of 6 strangers" in said
    assert "top-5 accuracy: " in said
    assert "at the threshold" not in said
    assert "24 probes of strangers are too few for 1 % false alarms: 100 are the least" in said
    assert run("identify", place, tiny_corpus, "--evaluate", "--split", "train", "--resamples", 50) == 0
    assert "closed set" in capsys.readouterr().out


def test_a_cohort_turns_strangers_away(tiny_corpus, tmp_path, model, audio, capsys):
    place = tmp_path / "gallery"
    assert run("enroll", place, "--table", tiny_corpus, "--split", "test", "--first", 2, "--model", model) == 0
    told = answer(capsys, "gallery", place, "cohort", "--table", tiny_corpus, "--split", "train", "--quiet")
    assert told == {"speakers": 10, "recordings": 40, "unreadable": {}}
    assert answer(capsys, "gallery", place, "cohort") == told
    assert run("gallery", place, "cohort") == 0
    assert "40 recordings of 10 people who are not enrolled" in capsys.readouterr().out
    (found,) = answer(capsys, "identify", place, audio / "s10-3.wav", "--false-alarm", 0.3)
    assert (found["threshold_on"], found["strangers"]["num_speakers"]) == ("cosine", 10)
    assert found["threshold"] == found["strangers"]["value"]
    assert run("identify", place, audio / "s10-3.wav", "--false-alarm", 0.4, "--normalize") == 0
    said = capsys.readouterr()
    assert " on the normalized score, reached " in said.out
    assert "accepted in at most 40 % of cases, judged by 10 cohort speakers" in said.err
    assert run("identify", place, audio / "s10-3.wav", "--false-alarm", 0.01) == 2
    assert "takes 300 speakers" in capsys.readouterr().err
    assert run("identify", place, tiny_corpus, "--evaluate", "--false-alarm", 0.3, "--resamples", 20) == 2
    assert "10 strangers among the probes, 's00' for one, are in the gallery's cohort" in capsys.readouterr().err
    closed = ["--split", "test", "--evaluate", "--false-alarm", 0.3, "--resamples", 20]
    assert any(
        "10 cohort speakers" in note for note in answer(capsys, "identify", place, tiny_corpus, *closed)["notes"]
    )
    assert answer(capsys, "gallery", place, "cohort", "--clear")["recordings"] == 0
    assert run("identify", place, audio / "s10-3.wav", "--false-alarm", 0.3) == 2
    assert "has no cohort" in capsys.readouterr().err


def test_recordings_that_cannot_be_read_are_told_and_passed_over(gallery, tmp_path, audio, capsys):
    (tmp_path / "broken.wav").write_bytes(b"no audio")
    given = [tmp_path / "broken.wav", audio / "s00-1.wav", tmp_path / "missing.wav"]
    assert run("identify", gallery, *given, "--threshold", 0.5, "--json") == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert [each["recording"] for each in found] == [str(path) for path in given]
    assert [each["decision"] for each in found] == ["unreadable", "identified", "unreadable"]
    assert "missing.wav" in found[2]["reason"]
    assert said.err.count("skipped") == said.err.count("\n") == 2
    assert run("identify", gallery, given[0], given[2]) == 2
    assert "none of the 2 recordings could be read" in capsys.readouterr().err
    rows = [f"{number},{path},s00" for number, path in enumerate([*given, audio / "s01-1.wav"])]
    (tmp_path / "probes.csv").write_text(
        "\n".join(["id,path,speaker", *rows[:3], rows[3].replace("s00", "s01")]) + "\n"
    )
    assert (
        answer(capsys, "identify", gallery, tmp_path / "probes.csv", "--evaluate", "--resamples", 5)["num_probes"] == 2
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["enroll", "GALLERY", "anna"], "expected a name and recordings, or --table"),
        (["enroll", "GALLERY", "anna", "a.wav", "--first", 2], "with --table only"),
        (["enroll", "NEW", "anna", "a.wav", "--model", "nowhere"], "nowhere"),
        (["gallery", "NEW"], "there is no gallery"),
        (["gallery", "GALLERY", "remove"], "expected a name"),
        (["gallery", "GALLERY", "remove", "nobody"], "nobody called 'nobody' is among the 2 people"),
        (["gallery", "GALLERY", "update", "s00"], "expected recordings with update"),
        (["gallery", "GALLERY", "list", "--table", "t.csv"], "with cohort only"),
        (["gallery", "GALLERY", "cohort", "--split", "dev"], "with --table only"),
        (["gallery", "GALLERY", "cohort", "--table", "t.csv", "--clear"], "found both"),
        (["identify", "GALLERY", "a.wav", "--false-alarm", "0.1", "--threshold", "0.5"], "found neither or both"),
        (["identify", "NEW", "a.wav"], "there is no gallery"),
        (["identify", "GALLERY", "missing.wav"], "missing.wav"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(gallery, tmp_path, capsys, arguments, words):
    capsys.readouterr()
    places = {"GALLERY": gallery, "NEW": tmp_path / "new"}
    assert run(*(places.get(each, each) for each in arguments)) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_gallery_whose_model_is_gone_asks_for_it(tmp_path, model, audio, capsys):
    moved = shutil.copytree(model, tmp_path / "model")
    assert run("enroll", tmp_path / "gallery", "anna", audio / "s00-0.wav", "--model", moved) == 0
    shutil.rmtree(moved)
    assert run("identify", tmp_path / "gallery", audio / "s00-0.wav") == 2
    assert "--model" in capsys.readouterr().err
    assert run("identify", tmp_path / "gallery", audio / "s00-0.wav", "--model", model) == 0
