from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.errors import InputError
from voxmetric.training.recipe import Candidate
from voxmetric.training.recipe_file import (
    differences,
    from_mapping,
    read_recipe,
    to_mapping,
    to_portable_mapping,
    to_yaml,
)

MINIMAL = "data: {table: table.csv}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_paths_are_relative_to_the_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, MINIMAL))
    assert recipe.data.table == str(tmp_path / "table.csv")


def test_environment_variables_are_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORPORA", str(tmp_path / "corpora"))
    path = write(tmp_path, "data: {table: $CORPORA/table.csv}\naugmentation: [{name: noise, folder: $CORPORA/noise}]\n")
    recipe = read_recipe(path)
    assert recipe.data.table == str(tmp_path / "corpora" / "table.csv")
    assert recipe.augmentation[0]["folder"] == str(tmp_path / "corpora" / "noise")
    monkeypatch.delenv("CORPORA")
    with pytest.raises(InputError, match="environment variable CORPORA"):
        read_recipe(path)


def test_what_travels_names_no_folder(tmp_path: Path) -> None:
    text = "data: {table: sub/table.csv}\naugmentation: [{name: one_of, parts: [{name: noise, folder: some/noise}]}]\n"
    recipe = read_recipe(write(tmp_path, text))
    assert recipe.augmentation[0]["parts"][0]["folder"] == str(tmp_path / "some" / "noise")
    portable = to_portable_mapping(recipe)
    assert portable["data"]["table"] == "table.csv"
    assert portable["data"]["trials"] == "all_pairs"
    assert str(tmp_path) not in str(portable)


def test_command_line_beats_file_beats_default(tmp_path: Path) -> None:
    path = write(tmp_path, MINIMAL + "training: {steps: 7}\n")
    assert read_recipe(path).training.steps == 7
    recipe = read_recipe(path, ["training.steps=9", "optimizer.learning_rate=1e-2", "loss.options.margin=0.3"])
    assert recipe.training.steps == 9
    assert recipe.optimizer.learning_rate == 0.01
    assert recipe.loss.options == {"margin": 0.3}


def test_round_trip_through_yaml(tmp_path: Path) -> None:
    text = MINIMAL + "compare: {losses: [softmax, {name: triplet, label: hard, options: {sampling: hard}}]}\n"
    recipe = read_recipe(write(tmp_path, text))
    assert recipe.compare.losses == ["softmax", Candidate("triplet", "hard", {"sampling": "hard"})]
    again = read_recipe(write(tmp_path, to_yaml(recipe)))
    assert again == recipe
    assert differences(to_mapping(again), to_mapping(recipe)) == []


def test_differences_name_dotted_keys() -> None:
    one = to_mapping(from_mapping({"data": {"table": "a"}}))
    other = to_mapping(from_mapping({"data": {"table": "b"}, "training": {"steps": 3}}))
    assert differences(one, other) == ["data.table", "training.steps"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {table: a}\ntrainning: {steps: 3}\n", "unknown key 'trainning': did you mean 'training'"),
        ("data: {table: a}\ntraining: {step: 3}\n", "unknown key 'training.step': did you mean 'training.steps'"),
        ("data: {tabel: a}\n", "unknown key 'data.tabel': did you mean 'data.table'"),
        (
            "data: {table: a}\ncompare: {losses: [{name: softmax, lable: x}]}\n",
            r"unknown key 'compare.losses\[0\].lable': did you mean 'compare.losses\[0\].label'",
        ),
        ("data: {table: a}\ntraining: {steps: many}\n", "int.*training.steps"),
        ("data: {table: a}\ntraining: {steps: -1}\n", ">= 0.*training.steps"),
        ("data: {table: a}\noptimizer: {name: adamm}\n", "adamm.*optimizer.name"),
        ("data: {table: a}\nbatches: {size: 5, utterances_per_speaker: 2}\n", "multiple of"),
        ("data: {table: a, development: {split: dev}, development_speakers: 3}\n", "not both"),
        ("data: {table: a}\nmargin_schedule: {start_step: 5, end_step: 3}\n", "must be above start_step"),
        ("name: nothing\n", "missing required field `data`"),
        ("[1, 2]\n", "expected a mapping"),
        ("data: {table: [\n", "not a YAML file"),
        ("data: !!python/object/apply:os.system ['true']\n", "not a YAML file"),
    ],
)
def test_bad_recipes_say_what_is_wrong_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the recipe"):
        read_recipe(tmp_path / "none.yaml")


@pytest.mark.parametrize("assignment", ["steps", "=3", "name.x=3"])
def test_bad_assignments(tmp_path: Path, assignment: str) -> None:
    with pytest.raises(InputError, match="--set"):
        read_recipe(write(tmp_path, MINIMAL + "name: n\n"), [assignment])
