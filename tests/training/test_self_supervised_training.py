"""Training without labels: every method trains, resumes bit by bit after a kill, and never reads a label."""

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
import torch
import yaml

import voxmetric as vm
from voxmetric import selfsupervised
from voxmetric.errors import InputError
from voxmetric.training import steps, trainer
from voxmetric.training.log import read_log
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import CHECKPOINT, LOG, Progress, TrainingResult, read_result, train

SMALL: dict[str, dict[str, Any]] = {
    "simclr": {"margin": 0.1},
    "moco": {"queue_size": 20, "predictor_size": 6},
    "byol": {"projector_sizes": [12, 6], "predictor_size": 8},
    "simsiam": {"projector_sizes": [12, 6], "predictor_size": 8},
    "barlow_twins": {"projector_sizes": [12, 6]},
    "vicreg": {"projector_sizes": [12, 6]},
    "w_mse": {"projector_sizes": [12, 2], "group_size": 4},
    "swav": {"projector_sizes": [12, 6], "prototypes": 5, "queue_size": 16, "queue_epoch": 0},
    "deepcluster": {"projector_sizes": [12, 6], "prototypes": [4, 4]},
    "dino": {"hidden_size": 12, "bottleneck_size": 6, "outputs": 9},
}


@pytest.fixture
def recipe(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    tiny_recipe["method"] = {"name": "simclr"}
    tiny_recipe["data"]["crop_seconds"] = 0.3
    tiny_recipe["training"]["evaluate_every"] = 0
    return tiny_recipe


def with_method(recipe: dict[str, Any], name: str, **choice: Any) -> dict[str, Any]:
    return recipe | {"method": {"name": name, "options": SMALL[name]} | choice}


def test_every_method_is_tested() -> None:
    assert SMALL.keys() == selfsupervised.available().keys()


def test_the_log_tells_of_collapse_and_collisions_and_the_card_of_no_labels(
    recipe: dict[str, Any], tmp_path: Path
) -> None:
    recipe["training"] |= {"evaluate_every": 6, "steps": 20}
    seen: list[Progress] = []
    result = train(from_mapping(recipe), tmp_path, seen.append)
    records = list(read_log(tmp_path / LOG))
    first, last = [record for record in records if "loss" in record]
    for name in ("deviation", "effective_rank", "alignment", "uniformity", "accuracy"):
        assert np.isfinite(first[name])
    # Seven speakers with four recordings each: of 28 x 27 pairs 7 x 4 x 3 collide.
    assert 0 <= last["same_speaker_negatives"] <= 0.6
    assert [record["step"] for record in records if "development_effective_rank" in record] == [6, 12, 18, 20]
    assert not any(now.collapsed for now in seen)
    assert result.loss_parameters == 0
    card = vm.load_model(tmp_path).card
    assert card.summary == "x_vector trained with simclr on 28 recordings; no labels were used"


def test_collapse_is_told(recipe: dict[str, Any], tmp_path: Path) -> None:
    # A predictor without negatives at a rate of learning that drives all embeddings into one direction.
    recipe["encoder"]["options"]["batch_norm"] = False
    recipe["training"]["steps"] = 10
    recipe["optimizer"] = {"name": "sgd", "learning_rate": 1e-9}
    seen: list[Progress] = []
    train(from_mapping(recipe), tmp_path, seen.append)
    # Untrained and without batch normalisation the tiny encoder answers everything alike.
    assert [now.collapsed for now in seen] == [False] * 9 + [True]
    (record,) = [record for record in read_log(tmp_path / LOG) if "loss" in record]
    assert record["collapsed"] is True


def labels_changed(table: Path, change: Any) -> Path:
    changed = table.parent / f"{change.__name__}.csv"
    lines = [line.split(",") for line in table.read_text().splitlines()]
    rows = [[*line[:2], change(number), *line[3:]] for number, line in enumerate(lines[1:])]
    changed.write_text("\n".join(",".join(line) for line in [lines[0], *rows]) + "\n")
    return changed


def unknown(number: int) -> str:  # noqa: ARG001
    return "unknown"


def shuffled(number: int) -> str:
    return f"v{(7 * number) % 11}"


@pytest.mark.parametrize("name", ["simclr", "deepcluster"])
def test_labels_change_nothing(recipe: dict[str, Any], tiny_corpus: Path, tmp_path: Path, name: str) -> None:
    recipe["data"] |= {"development_speakers": 0, "test": None}
    found = []
    for table in (tiny_corpus, labels_changed(tiny_corpus, unknown), labels_changed(tiny_corpus, shuffled)):
        recipe["data"]["table"] = str(table)
        found.append(train(from_mapping(with_method(recipe, name)), tmp_path / table.stem).fingerprint)
    assert len(set(found)) == 1
    logged = [record for record in read_log(tmp_path / "unknown" / LOG) if "loss" in record]
    assert all("same_speaker_negatives" not in record for record in logged)


POSITIVES = {"kind": "clusters", "start_epoch": 1, "clusters": 5, "nearest": 1}


@pytest.mark.parametrize("name", [*SMALL, "bootstrapped"])
def test_a_run_interrupted_within_an_update_ends_with_the_same_weights(
    recipe: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    train_in_parts: Callable[[Recipe, Path, int], tuple[TrainingResult, int]],
    name: str,
) -> None:
    plain = recipe | {"positives": POSITIVES} if name == "bootstrapped" else with_method(recipe, name)
    parsed = from_mapping(plain)
    kept: list[dict[str, torch.Tensor]] = []
    finish = steps.Stepper.update

    def update(self: steps.Stepper, step: int, *inputs: Any) -> steps.StepResult:
        result = finish(self, step, *inputs)
        if step == 11:
            kept.append({key: value.clone() for key, value in self.objective.state_dict().items()})
        return result

    monkeypatch.setattr(steps.Stepper, "update", update)
    whole = train(parsed, tmp_path / "whole")
    resumed, resumed_from = train_in_parts(parsed, tmp_path / "parts", 7)
    assert resumed_from == 7  # checkpoints are every three updates
    assert resumed.fingerprint == whole.fingerprint
    # Queues, slow copies, prototypes and memories, not the encoder alone.
    before, after = kept
    assert before.keys() == after.keys()
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_a_killed_run_ends_with_the_same_weights(recipe: dict[str, Any], tmp_path: Path) -> None:
    plain = with_method(recipe, "moco", weights="teacher") | {"positives": POSITIVES}
    plain["training"] |= {"steps": 40, "workers": 1, "chunk_size": 6}
    path, folder = tmp_path / "recipe.yaml", tmp_path / "killed"
    path.write_text(yaml.safe_dump(plain))
    command = [sys.executable, "-m", "voxmetric", "train", str(path), "--output", str(folder), "--quiet"]
    process = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (folder / CHECKPOINT).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert read_result(folder) is None, "the run was over before it was killed; give it more steps"
    parsed = from_mapping(plain)
    assert train(parsed, folder).fingerprint == train(parsed, tmp_path / "whole").fingerprint


@pytest.mark.parametrize("name", SMALL)
def test_every_method_takes_positives_of_other_recordings(
    recipe: dict[str, Any], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Epochs of three updates: clusters are made before the fourth.
    recipe["training"]["steps"] = 6
    monkeypatch.setattr(trainer, "LOG_EVERY", 1)
    plain = with_method(recipe, name) | {"positives": POSITIVES | {"clusters": 3, "nearest": 0}}
    assert np.isfinite(train(from_mapping(plain), tmp_path).seconds)
    replaced = [record.get("replaced_positives") for record in read_log(tmp_path / LOG) if "loss" in record]
    assert replaced[:3] == [None] * 3
    assert min(replaced[3:]) > 0.5


def test_shorter_views_serve_dino(recipe: dict[str, Any], tmp_path: Path) -> None:
    plain = with_method(recipe, "dino") | {"views": {"local_count": 3, "local_seconds": 0.25}}
    assert train(from_mapping(plain), tmp_path).development_eer is not None


def test_the_teacher_or_the_projection_is_saved(recipe: dict[str, Any], tmp_path: Path) -> None:
    choices = {
        "student": {},
        "teacher": {"weights": "teacher"},
        "projection": {"embedding": "projection"},
    }
    models = {}
    for label, choice in choices.items():
        folder = tmp_path / label
        result = train(from_mapping(with_method(recipe, "byol", **choice)), folder)
        models[label] = vm.load_model(folder)
        assert models[label].fingerprint == result.fingerprint
    assert [models[label].embedding_size for label in choices] == [16, 16, 6]
    student, teacher = (models[label].encoder.state_dict() for label in ("student", "teacher"))
    assert student.keys() == teacher.keys()
    assert any(not torch.equal(student[key], teacher[key]) for key in student)
    projected = models["projection"].encoder.state_dict()
    assert all(torch.equal(projected[key], value) for key, value in student.items() if key.startswith("trunk"))


def test_the_last_batch_in_chunks_is_like_the_whole(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["encoder"]["options"]["batch_norm"] = False
    recipe["training"]["steps"] = 2
    recipe["optimizer"] = {"name": "sgd", "learning_rate": 0.01}
    weights = []
    for chunk_size in (0, 3):
        recipe["training"]["chunk_size"] = chunk_size
        train(from_mapping(recipe), tmp_path / str(chunk_size))
        weights.append(vm.load_model(tmp_path / str(chunk_size)).encoder.state_dict())
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-4, atol=1e-6)


def test_nothing_is_trained_in_no_steps(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["training"]["steps"] = 0
    fingerprints = {train(from_mapping(recipe | {"seed": seed}), tmp_path / str(seed)).fingerprint for seed in (0, 1)}
    fingerprints.add(train(from_mapping(recipe | {"method": None}), tmp_path / "loss").fingerprint)
    assert len(fingerprints) == 2  # the encoder is drawn from the seed alone


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": {"name": "simclear"}}, "did you mean 'simclr'"),
        ({"method": {"name": "simclr", "options": {"margni": 1}}}, "did you mean 'margin'"),
        ({"method": {"name": "simclr", "options": {"projector_sizes": 3}}}, "do not fit"),
        ({"method": {"name": "simclr", "weights": "teacher"}}, "no slow copy of the encoder"),
        ({"method": {"name": "simclr", "embedding": "projection"}}, "method.embedding to encoder"),
        ({"views": {"local_count": 2}}, "no use for shorter views"),
        ({"batches": {"kind": "speakers", "size": 8}}, "batches.kind is speakers"),
        ({"batches": {"size": 1}}, "needs 2 recordings in a batch, batches.size is 1"),
        ({"batches": {"size": 31}}, "a batch of 31 needs as many utterances"),
        (
            {"method": {"name": "w_mse", "options": {"projector_sizes": [12, 8], "group_size": 9}}},
            "needs 9 recordings in a batch, batches.size is 8",
        ),
        (
            {"method": {"name": "deepcluster", "options": SMALL["deepcluster"]}, "batches": {"size": 2}},
            "moves no weight before epoch 2, and training.steps is 12, with 14 updates an epoch",
        ),
        ({"positives": POSITIVES | {"start_epoch": 4}}, "start_epoch is 4, but training.steps is 12, with 3 updates"),
    ],
)
def test_what_does_not_fit_is_refused(
    recipe: dict[str, Any], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(from_mapping(recipe | changes), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_recordings_are_not_chosen_by_speaker(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["data"]["minimum_utterances"] = 2
    with pytest.raises(InputError, match=r"minimum_utterances is 2, but training without labels"):
        train(from_mapping(recipe), tmp_path / "run")
