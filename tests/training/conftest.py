"""A recipe small enough to train in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


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
