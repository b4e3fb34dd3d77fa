"""The batches of a run, from the recipe: labelled crops, or views of recordings."""

from __future__ import annotations

import os
from typing import Any

from voxmetric.audio import augmentation
from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.data.crops import CropLoader
from voxmetric.data.views import ViewLoader
from voxmetric.training.batching import create_batches
from voxmetric.training.objective import Objective, SupervisedObjective
from voxmetric.training.recipe import Recipe
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective
from voxmetric.training.self_supervision import recording_batches, view_plan
from voxmetric.training.state import State
from voxmetric.training.subsets import Subsets


def batches_for(recipe: Recipe, objective: Objective, subsets: Subsets) -> SpeakerBatches | ShuffledBatches:
    """Which utterances make each batch.

    Raises:
        InputError: if the batches cannot serve the objective, or the data cannot fill them.
    """
    if isinstance(objective, SelfSupervisedObjective):
        return recording_batches(recipe, objective.method.needs, len(subsets.train))
    assert isinstance(objective, SupervisedObjective)
    return create_batches(recipe, objective.loss.needs, subsets.speakers, subsets.labels)


def create_loader(recipe: Recipe, state: State, subsets: Subsets) -> CropLoader | ViewLoader:
    """This process's share of the batches that are left to train on.

    Raises:
        InputError: as `batches_for`, and for augmentations that do not exist or cannot be read.
    """
    sample_rate, group = state.encoder.sample_rate, state.objective.group
    batches = batches_for(recipe, state.objective, subsets)
    shared: dict[str, Any] = {
        "sample_rate": sample_rate,
        "augmentations": augmentation.create_all(recipe.augmentation, sample_rate=sample_rate),
        "seed": recipe.seed,
        "workers": _workers(recipe.training.workers),
        "cache_bytes": recipe.data.cache_megabytes * 2**20,
        "maximum_skipped": recipe.data.maximum_skipped,
        "first_step": state.step,
        "last_step": recipe.training.steps,
        "rank": group.rank,
        "world_size": group.world_size,
    }
    if recipe.method is not None:
        return ViewLoader(subsets.train, batches, views=view_plan(recipe), **shared)
    return CropLoader(subsets.train, subsets.labels, batches, crop_seconds=recipe.data.crop_seconds, **shared)


def _workers(asked: int) -> int:
    return asked if asked >= 0 else max(1, min(8, (os.cpu_count() or 1) - 1))
