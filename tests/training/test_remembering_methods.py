"""Methods that remember the recordings: an interrupted training ends with the same weights as a straight one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from voxmetric.errors import InputError
from voxmetric.training.log import read_log
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import LOG, train

HEAD = {"hidden_size": 16, "bottleneck_size": 8, "outputs": 32}
LOCAL = {"local_count": 2, "local_seconds": 0.3}
# Epochs are of five updates, so that the second and third have begun when a run ends after 12.
SECTIONS: dict[str, dict[str, Any]] = {
    "swav": {
        "method": {
            "name": "swav",
            "options": {"projector_sizes": [16, 8], "prototypes": 6, "queue_size": 16, "queue_epoch": 1},
        },
        "views": LOCAL,
    },
    "deepcluster": {
        "method": {"name": "deepcluster", "options": {"projector_sizes": [16, 8], "prototypes": [6, 5]}},
    },
    "dino": {"method": {"name": "dino", "weights": "teacher", "options": HEAD}, "views": LOCAL},
    "dino, weight decay scheduled": {
        "method": {"name": "dino", "options": HEAD},
        "views": LOCAL,
        "optimizer": {"name": "adamw", "weight_decay": 0.04, "weight_decay_end": 0.4},
    },
    "clusters": {
        "method": {"name": "simclr"},
        "positives": {"kind": "clusters", "start_epoch": 1, "clusters": 8, "nearest": 1},
    },
    "moco, clusters": {
        "method": {"name": "moco", "options": {"queue_size": 20}},
        "positives": {"kind": "clusters", "start_epoch": 1, "clusters": 8, "nearest": 0},
    },
    "neighbours": {
        "method": {"name": "dino", "options": HEAD},
        "positives": {"kind": "neighbours", "start_epoch": 1, "neighbours": 3},
    },
}


@pytest.mark.parametrize("name", SECTIONS)
def test_an_interrupted_training_ends_alike(name: str, tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["data"]["development_speakers"] = 0
    tiny_recipe["batches"] = {"kind": "shuffled", "size": 8}
    tiny_recipe["training"] |= {"evaluate_every": 0}
    recipe = from_mapping(tiny_recipe | SECTIONS[name])
    straight = train(recipe, tmp_path / "straight")
    for stop in (4, 7, 11):

        def interrupt(now: Any, stop: int = stop) -> None:
            if now.step == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(recipe, tmp_path / "stopped", interrupt)
    assert train(recipe, tmp_path / "stopped").fingerprint == straight.fingerprint


def test_more_clusters_than_an_epoch_sees_recordings_are_refused_before_training(
    tiny_recipe: dict[str, Any], tmp_path: Path
) -> None:
    tiny_recipe["batches"] = {"kind": "shuffled", "size": 8}
    # Of 28 training recordings three whole batches are seen in an epoch.
    for prototypes, fits in (([24, 5], True), ([25, 5], False)):
        options = {"projector_sizes": [16, 8], "prototypes": prototypes}
        recipe = from_mapping(tiny_recipe | {"method": {"name": "deepcluster", "options": options}})
        if fits:
            assert train(recipe, tmp_path / "fits").num_utterances == 28
        else:
            with pytest.raises(InputError, match=r"makes up to 25 clusters .* hold 24: lower"):
                train(recipe, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()


def test_the_log_tells_a_scheduled_weight_decay(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["optimizer"] = {"name": "adamw", "weight_decay": 0.04, "weight_decay_end": 0.4}
    tiny_recipe["training"]["gradient_clip"], tiny_recipe["training"]["gradient_clip_of"] = 0.1, "each"
    train(from_mapping(tiny_recipe | {"method": {"name": "simclr"}}), tmp_path)
    logged = {record["step"]: record["weight_decay"] for record in read_log(tmp_path / LOG) if "loss" in record}
    # A line stands for the update before it.
    expected = {step: 0.4 - 0.18 * (1 + math.cos(math.pi * (step - 1) / 12)) for step in (10, 12)}
    assert logged == pytest.approx(expected)
