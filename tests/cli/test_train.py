"""`voxmetric train` before and beside training: dry runs, and where a model comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import voxmetric as vm
from voxmetric import encoders
from voxmetric.cli import main
from voxmetric.speaker_model import Card, SpeakerModel
from voxmetric.training import estimate


@pytest.fixture
def recipe(tiny_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(estimate, "ENOUGH_SECONDS", 0.0)
    plain: dict[str, Any] = {
        "data": {"table": str(tiny_corpus), "crop_seconds": 0.5},
        "loss": {"name": "softmax"},
        "batches": {"size": 8},
        "training": {"steps": 2, "workers": 0, "threads": 1},
    }
    path = tmp_path / "recipes" / "recipe.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(plain))
    encoder = encoders.create("x_vector", 16, {"normalization": "none"}, channels=[16, 16, 16, 16, 24])
    SpeakerModel(encoder, Card(name="base")).save(tmp_path / "models, mine" / "base")
    monkeypatch.chdir(tmp_path)
    return path


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", *map(str, arguments)])
    assert not caught.value.code


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["train", *map(str, arguments)])
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_from_is_relative_to_the_working_folder(recipe: Path) -> None:
    run(recipe, "--from", "models, mine/base", "--output", "tuned", "--quiet")
    model = vm.load_model("tuned")
    assert model.embedding_size == 16
    assert model.card.training_data["fine_tuned_from"]["name"] == "base"
    assert model.card.recipe["fine_tuning"]["model"] == "base"  # no folder of this machine


def test_a_dry_run_prints_a_line_each_and_leaves_nothing(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().rglob("*"))
    run(recipe, "--from", "models, mine/base", "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["data", "model", "memory", "steps", "time"]
    assert "10 speakers, 40 utterances" in lines[0]
    assert "x_vector" in lines[1]
    assert "2 of 8 crops: 0.4 passes" in lines[3]
    run(recipe, "--dry-run", "--set", "data.crop_seconds=1.25")
    note = "40 of 40 training recordings are shorter than a crop of 1.25 s and are repeated"
    assert capsys.readouterr().out.splitlines()[1].startswith(f"note    {note}")
    run(recipe, "--from", "models, mine/base", "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["steps"] == 2
    assert sorted(Path().rglob("*")) == before


def test_a_dry_run_without_labels_counts_recordings_and_no_gradients_of_the_copy(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    method = ["--set", "method.name=moco", "--set", "method.options.queue_size=8", "--set", "batches.kind=shuffled"]
    run(recipe, *method, "--set", "data.minimum_utterances=0", "--dry-run", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["loss_parameters"] == found["encoder_parameters"]  # the slow copy alone
    assert found["gradient_bytes"] == 4 * found["encoder_parameters"] == found["weight_bytes"] / 2
    run(recipe, *method, "--set", "data.minimum_utterances=0", "--dry-run")
    assert "recordings in 2 views: " in capsys.readouterr().out


def test_what_is_missing_is_said_in_one_line(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--output FOLDER, or --dry-run" in fails(capsys, recipe)
    assert "nowhere is not a model folder" in fails(capsys, recipe, "--from", "nowhere", "-o", "run")
    assert "no such file" in fails(capsys, recipe, "--dry-run", "--set", "data.table=none.csv")


def test_compare_has_a_dry_run_too(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choices = ["--losses", "softmax", "--seeds", "2", "--set", "fine_tuning.model=../models, mine/base"]
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(recipe), "--dry-run", *choices, "--set", "compare.tuning_settings=1"])
    assert not caught.value.code
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("softmax: 2 runs, 4 updates at ")
    assert lines[1].startswith("together ")
    with pytest.raises(SystemExit) as caught:
        main(["compare", str(recipe), *choices])
    assert caught.value.code == 2
    assert "--output FOLDER, or --dry-run" in capsys.readouterr().err
