from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import voxmetric as vm
from voxmetric.errors import DivergedError, InputError
from voxmetric.training.log import read_log
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import CHECKPOINT, LOG, RECIPE, Progress, TrainingResult, read_result, train


def test_a_finished_run_leaves_a_model_a_log_and_a_result(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = train(from_mapping(tiny_recipe), tmp_path, seen.append)
    assert [now.step for now in seen] == list(range(1, 13))
    assert result == read_result(tmp_path)
    assert result.num_speakers == 7
    assert result.development_eer is not None
    records = list(read_log(tmp_path / LOG))
    assert [record["step"] for record in records if "development_eer" in record] == [4, 8, 12]
    assert records[-1]["development_eer"] == result.development_eer
    assert not (tmp_path / CHECKPOINT).exists()
    model = vm.load_model(tmp_path)
    assert model.fingerprint == result.fingerprint
    assert model.card.training_data["speakers"] == 7
    embedding = model.embed(np.random.default_rng(0).standard_normal(8000).astype(np.float32))
    assert embedding.shape == (16,)
    assert np.linalg.norm(embedding) == pytest.approx(1.0)


def test_training_learns_to_tell_the_tiny_voices_apart(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["training"] |= {"steps": 60, "evaluate_every": 0}
    tiny_recipe["loss"] = {"name": "angular_prototypical"}
    tiny_recipe["data"] |= {"development": {"split": "test"}, "development_speakers": 0, "test": None}
    result = train(from_mapping(tiny_recipe), tmp_path)
    losses = [record["loss"] for record in read_log(tmp_path / LOG) if "loss" in record]
    assert losses[-1] < 0.5 * losses[0]
    assert result.development_eer is not None
    assert result.development_eer < 0.25


def test_the_same_seed_gives_the_same_weights_and_another_one_does_not(
    tiny_recipe: dict[str, Any], tmp_path: Path
) -> None:
    one = train(from_mapping(tiny_recipe), tmp_path / "one")
    again = train(from_mapping(tiny_recipe), tmp_path / "again")
    other = train(from_mapping(tiny_recipe | {"seed": 1}), tmp_path / "other")
    assert one.fingerprint == again.fingerprint
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize("loss", ["softmax", "curricularface", "cross_batch", "triplet"])
def test_a_run_interrupted_within_an_update_ends_with_the_same_weights(
    tiny_recipe: dict[str, Any],
    tmp_path: Path,
    train_in_parts: Callable[[Recipe, Path, int], tuple[TrainingResult, int]],
    loss: str,
) -> None:
    tiny_recipe["loss"] = {"name": loss}
    recipe = from_mapping(tiny_recipe)
    whole = train(recipe, tmp_path / "whole")
    resumed, resumed_from = train_in_parts(recipe, tmp_path / "parts", 7)
    assert resumed_from == 7  # checkpoints are every three updates
    assert resumed.fingerprint == whole.fingerprint


@pytest.mark.parametrize("loss", ["triplet", "softmax"])
def test_a_killed_run_ends_with_the_same_weights(tiny_recipe: dict[str, Any], tmp_path: Path, loss: str) -> None:
    tiny_recipe["loss"] = {"name": loss}
    tiny_recipe["training"] |= {"steps": 400, "workers": 1, "evaluate_every": 0}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(tiny_recipe))
    folder = tmp_path / "killed"
    command = [sys.executable, "-m", "voxmetric", "train", str(path), "--output", str(folder), "--quiet"]
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (folder / CHECKPOINT).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert read_result(folder) is None, "the run was over before it was killed; give it more steps"
    recipe = from_mapping(tiny_recipe)
    resumed = train(recipe, folder)
    logged = [record["step"] for record in read_log(folder / LOG) if "loss" in record]
    assert logged == sorted(set(logged))
    assert resumed.fingerprint == train(recipe, tmp_path / "whole").fingerprint


def test_a_folder_keeps_to_its_recipe(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    train(from_mapping(tiny_recipe), tmp_path)
    free = tiny_recipe | {"training": tiny_recipe["training"] | {"workers": 1}}
    assert train(from_mapping(free), tmp_path) == read_result(tmp_path)
    saved = tmp_path / RECIPE
    kept = {key: value for key, value in yaml.safe_load(saved.read_text()).items() if key != "schedule"}
    saved.write_text(yaml.safe_dump(kept))  # as a version wrote it that did not know the key
    assert train(from_mapping(tiny_recipe), tmp_path) == read_result(tmp_path)
    with pytest.raises(InputError, match=r"another recipe, which differs in optimizer\.learning_rate, seed"):
        train(from_mapping(tiny_recipe | {"seed": 4, "optimizer": {"learning_rate": 0.1}}), tmp_path)


def test_divergence_names_step_utterances_and_checkpoint(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["optimizer"] = {"name": "sgd", "learning_rate": 1e30}
    tiny_recipe["training"]["checkpoint_every"] = 1
    with pytest.raises(DivergedError, match=r"diverged at step \d+: loss .* held s\d\d-\d, .*last good checkpoint is"):
        train(from_mapping(tiny_recipe), tmp_path)


def test_a_speaker_with_one_utterance_is_named(tiny_recipe: dict[str, Any], tiny_corpus: Path, tmp_path: Path) -> None:
    lines = tiny_corpus.read_text().splitlines()
    table = tiny_corpus.parent / "lonely.csv"
    table.write_text("\n".join([*lines, "lonely-0,s00-0.wav,lonely,0.8,train"]) + "\n")
    tiny_recipe["data"]["table"] = str(table)
    tiny_recipe["loss"] = {"name": "triplet"}
    with pytest.raises(InputError, match=r"'lonely' has 1 training utterance.*data\.minimum_utterances to 2"):
        train(from_mapping(tiny_recipe), tmp_path / "run")
    tiny_recipe["data"]["minimum_utterances"] = 2
    assert train(from_mapping(tiny_recipe), tmp_path / "run").num_speakers == 7


@pytest.mark.parametrize("part", ["train", "development"])
def test_shared_speakers_are_refused(tiny_recipe: dict[str, Any], tmp_path: Path, part: str) -> None:
    tiny_recipe["data"] |= {"development_speakers": 0, "development": {"split": "test"}}
    if part == "train":
        tiny_recipe["data"] |= {"development": None, "test": {"split": "train"}}
    with pytest.raises(InputError, match=rf"both in data\.{part} and data\.test"):
        train(from_mapping(tiny_recipe), tmp_path)


def test_other_rows_under_the_same_name_are_refused(
    tiny_recipe: dict[str, Any], tiny_corpus: Path, tmp_path: Path
) -> None:
    table = tiny_corpus.parent / "growing.csv"
    table.write_text(tiny_corpus.read_text())
    tiny_recipe["data"]["table"] = str(table)
    train(from_mapping(tiny_recipe), tmp_path)
    table.write_text(tiny_corpus.read_text() + "new-0,s15-0.wav,s15,0.8,test\n")
    with pytest.raises(InputError, match="begun with other test utterances"):
        train(from_mapping(tiny_recipe), tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": {"name": "aam_softmax", "options": {"embedding_size": 3}}}, "do not fit"),
        ({"loss": {"name": "aam_softmax", "options": {"margin": [1]}}}, "margin|do not fit"),
        ({"encoder": {"name": "x_vector", "options": {"embedding_size": 3}}}, "do not fit"),
    ],
)
def test_options_of_the_wrong_kind_are_one_line(
    tiny_recipe: dict[str, Any], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(from_mapping(tiny_recipe | changes), tmp_path)


def test_unreadable_recordings_are_replaced_and_counted(
    tiny_recipe: dict[str, Any], tiny_corpus: Path, tmp_path: Path
) -> None:
    broken = tiny_corpus.parent / "broken.wav"
    broken.write_bytes(b"not a sound")
    text = tiny_corpus.read_text().replace("s00-0.wav", "broken.wav").replace("s01-0.wav", "broken.wav")
    table = tiny_corpus.parent / "broken.csv"
    table.write_text(text)
    tiny_recipe["data"] |= {"table": str(table), "maximum_skipped": 0.5, "development_speakers": 0}
    assert train(from_mapping(tiny_recipe), tmp_path / "tolerant").num_skipped > 0
    tiny_recipe["data"]["maximum_skipped"] = 0.01
    with pytest.raises(InputError, match="could not be read"):
        train(from_mapping(tiny_recipe), tmp_path / "strict")


def test_margin_schedule_reaches_the_loss(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["training"]["steps"] = 10
    scheduled = {"margin_schedule": {"start_step": 2, "end_step": 16}}
    seen: dict[str, dict[str, float]] = {}
    for name, changes in {"constant": {}, "scheduled": scheduled}.items():
        train(from_mapping(tiny_recipe | changes), tmp_path / name)
        (seen[name],) = [record for record in read_log(tmp_path / name / LOG) if "loss" in record]
    assert seen["constant"]["margin_factor"] == 1.0
    assert seen["scheduled"]["margin_factor"] == 0.5  # half-way at step 9
    assert seen["scheduled"]["loss"] < seen["constant"]["loss"]
