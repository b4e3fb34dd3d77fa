"""The command line as a whole: start-up, one-line errors, exit codes, and the verbs that train."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from voxmetric.cli import VERBS, main


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxmetric", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture
def recipe(tiny_corpus: Path, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        f"""
name: tiny
data: {{table: {tiny_corpus}, test: {{split: test}}, development_speakers: 3, crop_seconds: 0.5}}
encoder:
  name: x_vector
  embedding_size: 8
  front_end: {{name: log_mel, normalization: none}}
  options: {{channels: [8, 8, 8, 8, 16]}}
batches: {{size: 8}}
training: {{steps: 6, workers: 0}}
compare: {{losses: [softmax, triplet], seeds: 1, tuning_settings: 1, jobs: 1}}
"""
    )
    return path


@pytest.mark.parametrize("statement", ["import voxmetric", "import voxmetric.cli", "import voxmetric.losses"])
def test_starting_imports_nothing_heavy(statement: str) -> None:
    heavy = "{'torch', 'scipy', 'sklearn', 'matplotlib', 'pyarrow', 'soundfile'}"
    code = f"import sys; {statement}; sys.exit(', '.join({heavy} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_verb_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        with pytest.raises(SystemExit) as left:
            main([verb, "--help"])
        assert left.value.code == 0
        text = capsys.readouterr().out
        assert "Example" in text or verb == "doctor", verb
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    text = capsys.readouterr().out
    assert all(verb in text for verb in VERBS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "trian"),
        (["train"], "recipe"),
        (["train", "none.yaml", "--output", "x"], "cannot read the recipe none.yaml"),
        (["train", "none.yaml", "--output", "x", "--stepz", "3"], "--stepz"),
        (["compare", "none.yaml", "--output", "x", "--seeds", "many"], "many"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("voxmetric: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_train_prints_its_result(recipe: Path, tmp_path: Path) -> None:
    done = run("train", recipe, "-o", tmp_path / "run", "--set", "loss.name=softmax", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["num_speakers"] == 7
    assert done.stderr == ""
    done = run("train", recipe, "-o", tmp_path / "run", "--set", "loss.name=sofmax")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_compare_prints_a_table_and_takes_further_losses(recipe: Path, tmp_path: Path) -> None:
    done = run("compare", recipe, "-o", tmp_path / "out", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "softmax" in done.stdout
    assert "report.html" in done.stdout
    done = run("compare", recipe, "-o", tmp_path / "out", "--losses", "prototypical", "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert {one["name"] for one in json.loads(done.stdout)["objectives"]} == {"softmax", "triplet", "prototypical"}


def test_demo_refuses_too_little_data(tiny_corpus: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely" / "one-speaker"
    lonely.mkdir(parents=True)
    for path in sorted(tiny_corpus.parent.glob("s00-*.wav")):
        (lonely / path.name).write_bytes(path.read_bytes())
    done = run("demo", "--data", tmp_path / "lonely", "-o", tmp_path / "out", "--quiet")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
