"""`voxmetric train` of a recipe with pseudo-labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voxmetric.cli import main
from voxmetric.speaker_model import load_model


@pytest.fixture
def recipe(tiny_corpus: Path, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"""
name: tiny
data: {{table: {tiny_corpus}, development: {{split: test}}, crop_seconds: 0.5}}
encoder:
  name: x_vector
  embedding_size: 8
  front_end: {{name: log_mel, normalization: none}}
  options: {{channels: [8, 8, 8, 8, 16]}}
method: {{name: simclr}}
pseudo_labels: {{clusters: 4, rounds: 1}}
batches: {{size: 8}}
training: {{steps: 2, workers: 0, threads: 1, evaluate_every: 0}}
"""
    )
    return path


def test_prints_a_line_for_each_round_or_json(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", str(recipe), "-o", str(tmp_path / "out"), "--quiet"]
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("round 1: 4 clusters, purity ")
    assert "development EER" in lines[0]
    with pytest.raises(SystemExit):
        main([*command, "--json"])
    (only,) = json.loads(capsys.readouterr().out)
    assert only["labels"]["clusters"] == 4
    assert 0 <= only["labels"]["quality"]["nmi"] <= 1
    assert load_model(tmp_path / "out").fingerprint == only["result"]["fingerprint"]


def test_comparing_such_a_recipe_is_refused(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    test = ["--set", "data.test={split: test}", "--set", "data.development=null", "--set", "method=null"]
    with pytest.raises(SystemExit) as left:
        main(["compare", str(recipe), "-o", str(tmp_path / "out"), "--losses", "softmax", "--quiet", *test])
    assert left.value.code == 2
    assert "pseudo_labels" in capsys.readouterr().err
