"""Methods that remember the recordings: an interrupted training ends with the same weights as a straight one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import train

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
    "clusters": {
        "method": {"name": "simclr"},
        "positives": {"kind": "clusters", "start_epoch": 1, "clusters": 8, "nearest": 1},
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
