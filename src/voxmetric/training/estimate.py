"""What a recipe needs, found by a short run of it that leaves nothing behind."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.training.distributed import process_group
from voxmetric.training.loaders import batches_for
from voxmetric.training.memory import current_bytes, peak_bytes
from voxmetric.training.recipe import OptimizerChoice, Recipe
from voxmetric.training.short_recordings import longest_crop, num_shorter
from voxmetric.training.state import create_objective
from voxmetric.training.subsets import select
from voxmetric.training.trainer import Progress, train

# The first third is not counted: memory is laid out, kernels are chosen and the loader is ahead then.
FEWEST_STEPS, MOST_STEPS, ENOUGH_SECONDS = 9, 90, 20.0
_BYTES = 4  # of a float32


@dataclass(frozen=True)
class Estimate:
    """What training by a recipe takes.

    Attributes:
        num_speakers: training speakers.
        num_utterances: training utterances.
        hours: their length together.
        num_left_out: training speakers left out for having too few utterances.
        num_repeated: training utterances shorter than a crop, which are repeated to fill it.
        num_development: development utterances.
        num_test: test utterances.
        encoder_parameters: numbers that make up the encoder.
        loss_parameters: numbers that make up what judges it.
        weight_bytes: memory of both.
        gradient_bytes: memory of their gradients.
        optimizer_bytes: memory of what the optimiser keeps of each number.
        activation_bytes: what the timed steps took besides, at most: activations, batches, working memory.
        peak_bytes: the most that the process took in the timed steps, on the device that computes.
        cache_bytes: the most that decoded recordings may take in the loader, not in the peak.
        steps: updates.
        batch_size: crops of an update; recordings for a method without labels, each in several views.
        epochs: passes over the training utterances that the updates amount to.
        timed_steps: updates that the times were taken from.
        step_seconds: mean time of one, waiting for the loader included.
        seconds: of the whole training, without the looks at the development speakers.
        seconds_interval: 95 % interval of it, from how the timed steps differed.
    """

    num_speakers: int
    num_utterances: int
    hours: float
    num_left_out: int
    num_repeated: int
    num_development: int
    num_test: int
    encoder_parameters: int
    loss_parameters: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    peak_bytes: int
    cache_bytes: int
    steps: int
    batch_size: int
    epochs: float
    timed_steps: int
    step_seconds: float
    seconds: float
    seconds_interval: tuple[float, float]


def estimate(recipe: Recipe) -> Estimate:
    """Train for some steps in a folder that is thrown away, and count.

    Raises:
        InputError: as `train`, above all if data is missing; under `torchrun`; and for rounds of pseudo-labels.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("a dry run takes one process: start it without torchrun")
    if recipe.pseudo_labels is not None:
        raise InputError("a dry run cannot foresee rounds of pseudo-labels: leave pseudo_labels out to try one round")
    subsets = select(recipe)
    with process_group() as group:
        objective = create_objective(recipe, subsets, group)
        encoder_parameters = sum(one.numel() for one in objective.encoder.parameters())
        loss_parameters = sum(one.numel() for one in objective.judge.parameters())
        # Slow copies of the encoder have neither gradients nor anything that the optimiser keeps.
        followers = sum(one.numel() for one in objective.judge.parameters() if not one.requires_grad)
        batches_per_epoch = batches_for(recipe, objective, subsets).batches_per_epoch
        del objective
        before = current_bytes(group.device)
        times = _timed_steps(recipe)
        peak = peak_bytes(group.device)
    weights = _BYTES * (encoder_parameters + loss_parameters)
    gradients = weights - _BYTES * followers
    state = gradients * _numbers_kept(recipe.optimizer)
    error = 1.96 * float(times.std(ddof=1)) / len(times) ** 0.5
    step_seconds, steps = float(times.mean()), recipe.training.steps
    return Estimate(
        num_speakers=len(subsets.speakers),
        num_utterances=len(subsets.train),
        hours=float(np.nansum(subsets.train.durations)) / 3600,
        num_left_out=subsets.num_left_out,
        num_repeated=num_shorter(subsets.train, longest_crop(recipe)),
        num_development=len(subsets.development) if subsets.development else 0,
        num_test=len(subsets.test) if subsets.test else 0,
        encoder_parameters=encoder_parameters,
        loss_parameters=loss_parameters,
        weight_bytes=weights,
        gradient_bytes=gradients,
        optimizer_bytes=state,
        activation_bytes=max(0, peak - before - weights - gradients - state),
        peak_bytes=peak,
        cache_bytes=recipe.data.cache_megabytes * 2**20,
        steps=steps,
        batch_size=recipe.batches.size,
        epochs=steps / batches_per_epoch,
        timed_steps=len(times),
        step_seconds=step_seconds,
        seconds=steps * step_seconds,
        seconds_interval=(steps * max(0.0, step_seconds - error), steps * (step_seconds + error)),
    )


class _Enough(Exception):  # noqa: N818
    """Ends the short run."""


def _timed_steps(recipe: Recipe) -> NDArray[np.float64]:
    """Seconds of the later two thirds of the steps of a short run."""
    plan = recipe.training
    # Longer than it will be allowed to get, so that neither its end nor a checkpoint is timed.
    steps = max(plan.steps, MOST_STEPS + 1)
    short = dataclasses.replace(
        recipe,
        training=dataclasses.replace(plan, steps=steps, evaluate_every=0, checkpoint_every=steps, tensorboard=False),
    )
    moments: list[float] = []

    def watch(now: Progress) -> None:  # noqa: ARG001
        moments.append(time.perf_counter())
        spent = moments[-1] - moments[0]
        if len(moments) >= MOST_STEPS or (len(moments) >= FEWEST_STEPS and spent >= ENOUGH_SECONDS):
            raise _Enough

    with tempfile.TemporaryDirectory(prefix="voxmetric-dry-run-") as folder, suppress(_Enough):
        train(short, folder, watch)
    seconds = np.diff(moments)
    return seconds[len(seconds) // 3 :]


def _numbers_kept(choice: OptimizerChoice) -> int:
    """Numbers that the optimiser keeps of each number it moves."""
    if choice.name == "sgd":
        return 1 if choice.momentum else 0
    return 2
