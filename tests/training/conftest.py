"""A recipe small enough to train in a second, and training that is interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voxmetric.training import steps
from voxmetric.training.recipe import Recipe
from voxmetric.training.trainer import TrainingResult, read_result, train


@pytest.fixture
def tiny_recipe(tiny_corpus: Path) -> dict[str, Any]:
    """Plain data of a recipe over the tiny corpus; tests change it before they read it."""
    return {
        "name": "tiny",
        "data": {
            "table": str(tiny_corpus),
            "train": {"split": "train"},
            "development_speakers": 3,
            "test": {"split": "test"},
            "crop_seconds": 0.5,
        },
        "encoder": {
            "name": "x_vector",
            "embedding_size": 16,
            # The hums do not change over time: their mean is all that tells them apart.
            "front_end": {"name": "log_mel", "normalization": "none"},
            "options": {"channels": [16, 16, 16, 16, 24]},
        },
        "batches": {"size": 8, "utterances_per_speaker": 2},
        "augmentation": [{"name": "gain", "decibels": [-6, 6], "probability": 0.5}],
        "training": {
            "steps": 12,
            "evaluate_every": 4,
            "checkpoint_every": 3,
            "workers": 0,
            "threads": 1,
            "precision": "float32",
        },
    }


@pytest.fixture
def train_in_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[Recipe, Path, int], tuple[TrainingResult, int]]:
    """Trains, is interrupted within an update after so many, and goes on: the result, and the step it went on with.

    By then normalisation statistics, and what an objective remembers, belong to the next step already.
    """

    def run(recipe: Recipe, folder: Path, updates: int) -> tuple[TrainingResult, int]:
        average_gradients = steps.average_gradients
        made = iter(range(updates + 1))

        def interrupt(*arguments: Any) -> None:
            if next(made) == updates:
                raise KeyboardInterrupt
            average_gradients(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(steps, "average_gradients", interrupt)
            with pytest.raises(KeyboardInterrupt):
                train(recipe, folder)
        assert read_result(folder) is None
        seen: list[int] = []
        result = train(recipe, folder, lambda now: seen.append(now.step))
        return result, seen[0]

    return run
