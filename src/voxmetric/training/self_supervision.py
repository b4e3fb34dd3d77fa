"""What a recipe without labels asks for: the method around an encoder, and views that serve it."""

from __future__ import annotations

from dataclasses import asdict

import torch

from voxmetric import selfsupervised
from voxmetric.data.batches import ShuffledBatches
from voxmetric.data.view_plan import ViewPlan
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.selfsupervised import positives
from voxmetric.selfsupervised.method import Method, ViewNeeds
from voxmetric.selfsupervised.positives import BootstrappedPositives
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.precision import uses_bfloat16
from voxmetric.training.recipe import MethodChoice, Recipe
from voxmetric.training.self_supervised_objective import SelfSupervisedObjective


def create_self_supervision(
    recipe: Recipe, choice: MethodChoice, encoder: Encoder, num_recordings: int, group: ProcessGroup
) -> SelfSupervisedObjective:
    """The recipe's method around `encoder`, for so many training recordings.

    Raises:
        InputError: for an unknown name, options or views that do not fit it, a model that it cannot give, or data
            chosen by labels.
    """
    if recipe.data.minimum_utterances:
        raise InputError(
            f"data.minimum_utterances is {recipe.data.minimum_utterances}, but training without labels does not know "
            "whose the utterances are: set it to 0"
        )
    try:
        method = selfsupervised.create(choice.name, encoder, num_recordings=num_recordings, **choice.options)
    except TypeError as error:
        raise InputError(f"the options of method {choice.name!r} do not fit it: {error}") from error
    _check_views(recipe, choice, method.needs)
    steps_per_epoch = max(1, num_recordings // recipe.batches.size)
    _check_epoch(choice, method.needs, steps_per_epoch * recipe.batches.size)
    _check_steps(recipe, choice, method.needs, steps_per_epoch)
    method.to(group.device)
    return SelfSupervisedObjective(
        encoder,
        method,
        group,
        steps=recipe.training.steps,
        steps_per_epoch=steps_per_epoch,
        positives=_positives(recipe, method, encoder, num_recordings),
        num_global=recipe.views.count,
        num_views=recipe.views.count + recipe.views.local_count,
        weights=choice.weights,
        embedding=choice.embedding,
        in_bfloat16=uses_bfloat16(recipe.training.precision, group.device),
        chunk_size=recipe.training.chunk_size,
    )


def recording_batches(recipe: Recipe, needs: ViewNeeds, num_recordings: int) -> ShuffledBatches:
    """Shuffled batches of recordings, for a method with these needs.

    Raises:
        InputError: if the batches are too small for the method or larger than the data, or ask for labels.
    """
    choice = recipe.batches
    if choice.kind == "speakers":
        raise InputError("batches.kind is speakers, but training without labels knows none: set it to shuffled")
    if choice.size < needs.recordings:
        raise InputError(
            f"the method needs {needs.recordings} recordings in a batch, batches.size is {choice.size}: raise it"
        )
    return ShuffledBatches(num_recordings, choice.size, recipe.seed)


def view_plan(recipe: Recipe) -> ViewPlan:
    """The views of each recording."""
    views = recipe.views
    return ViewPlan(
        seconds=recipe.data.crop_seconds,
        count=views.count,
        local_seconds=views.local_seconds,
        local_count=views.local_count,
        disjoint=views.disjoint,
    )


def _positives(recipe: Recipe, method: Method, encoder: Encoder, num_recordings: int) -> BootstrappedPositives | None:
    method.eval()  # a look at the size of a projection is no batch to keep statistics of
    with torch.no_grad():
        embedding = next(encoder.parameters()).new_zeros(1, encoder.embedding_size)
        projection_size = method.project(embedding).shape[1]
    method.train()
    created = positives.create(
        **asdict(recipe.positives),
        num_recordings=num_recordings,
        embedding_size=encoder.embedding_size,
        projection_size=projection_size,
        seed=recipe.seed,
    )
    return created and created.to(embedding.device)


def _check_views(recipe: Recipe, choice: MethodChoice, needs: ViewNeeds) -> None:
    views = recipe.views
    if views.count < needs.global_views:
        raise InputError(
            f"method {choice.name!r} compares {needs.global_views} views of each recording, views.count is "
            f"{views.count}: raise it"
        )
    if views.local_count and not needs.local_views:
        raise InputError(
            f"method {choice.name!r} has no use for shorter views, views.local_count is {views.local_count}: "
            "set it to 0"
        )


def _check_epoch(choice: MethodChoice, needs: ViewNeeds, recordings: int) -> None:
    if recordings < needs.recordings_in_epoch:
        raise InputError(
            f"method {choice.name!r} makes up to {needs.recordings_in_epoch} clusters of the recordings of an "
            f"epoch, whose whole batches hold {recordings}: lower method.options.prototypes or batches.size"
        )


def _check_steps(recipe: Recipe, choice: MethodChoice, needs: ViewNeeds, steps_per_epoch: int) -> None:
    """Refuse a training that would end before what it is asked for begins; one of no steps asks for nothing."""
    steps = recipe.training.steps
    length = f"training.steps is {steps}, with {steps_per_epoch} updates an epoch"
    if 0 < steps <= needs.idle_epochs * steps_per_epoch:
        raise InputError(
            f"method {choice.name!r} moves no weight before epoch {needs.idle_epochs + 1}, and {length}: raise it"
        )
    start = recipe.positives.start_epoch
    if recipe.positives.kind != "none" and 0 < steps <= start * steps_per_epoch:
        raise InputError(
            f"positives.start_epoch is {start}, but {length}, so that it would never come: lower it or train longer"
        )
