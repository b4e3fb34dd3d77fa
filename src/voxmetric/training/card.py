"""The card of a model trained here."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from voxmetric.speaker_model import Card
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import to_portable_mapping
from voxmetric.training.subsets import Subsets


def describe(
    recipe: Recipe, subsets: Subsets, development_eer: float | None, origin: dict[str, Any] | None = None
) -> Card:
    """A card from what is known without testing: data, recipe, versions, the development figure, and the `origin`
    of the weights where they were not random ones."""
    synthetic = is_synthetic(subsets)
    speeds = 1 + len(recipe.data.speeds)
    num_speakers = len(subsets.speakers) // speeds  # at another speed a speaker counts as another only in training
    voices = "synthetic voices" if synthetic else "speakers"
    if speeds > 1:
        voices += f", each at {speeds} speeds"
    trained = "trained" if origin is None else f"fine-tuned from {origin['name']!r}"
    if recipe.method is None:
        summary = f"{recipe.encoder.name} {trained} with {recipe.loss.name} on {num_speakers} {voices}"
    else:
        summary = (
            f"{recipe.encoder.name} {trained} with {recipe.method.name} on {len(subsets.train)} recordings; "
            "no labels were used"
        )
    durations = subsets.train.durations
    training_data = {
        "table": recipe.data.table.rpartition("/")[2],
        "where": recipe.data.train,
        "speakers": num_speakers,
        "utterances": len(subsets.train) // speeds,
        "speeds": [1.0, *recipe.data.speeds],
        "hours": round(float(np.nansum(durations)) / 3600 / speeds, 3),
        "sha256": subsets.train.sha256,
    }
    if origin is not None:
        training_data["fine_tuned_from"] = origin
    results = {} if development_eer is None else {"development_eer": development_eer}
    return Card(
        name=recipe.name,
        summary=summary,
        training_data=training_data,
        licence=recipe.licence,
        synthetic=synthetic or (origin is not None and origin["synthetic"]),
        recipe=to_portable_mapping(recipe),
        results=results,
        versions=software_versions(),
    )


def is_synthetic(subsets: Subsets) -> bool:
    """Whether any training or test voice is marked as synthetic in the table's `corpus` column."""
    tables = [table for table in (subsets.train, subsets.test) if table is not None]
    return any("corpus" in table.columns and "synthetic" in table.column("corpus") for table in tables)


def software_versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    packages = ("voxmetric", "torch", "numpy", "scipy", "soundfile", "soxr")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
