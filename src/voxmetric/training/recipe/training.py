"""Recipe sections on the updates: optimiser, schedules and loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from voxmetric.training.recipe.ranges import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Share


@dataclass(frozen=True)
class OptimizerChoice:
    """The optimiser.

    Attributes:
        name: `adam`, `adamw` or `sgd`.
        learning_rate: before the schedule.
        weight_decay: L2 for `adam` and `sgd`, decoupled for `adamw`; not applied to biases, norms and scales.
        weight_decay_end: what it changes to over the updates, along half a cosine; none: it stays.
        momentum: of `sgd`, in the form of Nesterov when above 0.
    """

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0
    weight_decay_end: NonNegativeFloat | None = None
    momentum: Share = 0.9


@dataclass(frozen=True)
class Schedule:
    """The learning rate over steps.

    Attributes:
        name: `constant`, `step` (times `factor` every `every` steps) or `cosine` (down to `final_share`).
        warmup_steps: linear rise from zero before it.
        every: steps between two reductions of `step`.
        factor: of `step`.
        final_share: share of the learning rate left at the end of `cosine`.
    """

    name: Literal["constant", "step", "cosine"] = "constant"
    warmup_steps: NonNegativeInt = 0
    every: PositiveInt = 1000
    factor: PositiveFloat = 0.95
    final_share: Share = 0.0


@dataclass(frozen=True)
class MarginSchedule:
    """The margin over steps: zero until `start_step`, its full value from `end_step` on.

    Attributes:
        shape: the rise between: `linear`, `exponential` or `cosine`.
        start_step: last step without a margin.
        end_step: first step with the whole margin; 0 for the whole margin from the first step.
    """

    shape: Literal["linear", "exponential", "cosine"] = "linear"
    start_step: NonNegativeInt = 0
    end_step: NonNegativeInt = 0


@dataclass(frozen=True)
class Training:
    """The loop.

    Attributes:
        steps: number of updates; 0 leaves the encoder as it was drawn.
        average_from_step: the trained model has the mean of the encoder's weights after this update and every later
            one; none for the last ones alone.
        gradient_clip: largest norm of the gradient; 0 for no limit.
        gradient_clip_of: norm of the gradient of `all` weights together, or of `each` tensor of them by itself.
        precision: `float32`, `bfloat16` (activations of the encoder; weights and losses stay float32), or `auto`:
            bfloat16 where the device is faster in it (`voxmetric doctor` tells).
        evaluate_every: steps between two looks at the development speakers; 0 for the end alone.
        checkpoint_every: steps between two checkpoints.
        chunk_size: crops computed at once, so that a batch needs the memory of a chunk; gradients stay those of the
            whole batch. Batch normalisation sees a chunk. 0 computes all at once.
        workers: loader processes; -1 for one fewer than the cores at hand, at least 1 and at most 8.
        threads: computing threads; 0 for the process's share of the cores.
        tensorboard: also write TensorBoard files (extra `tensorboard`).
    """

    steps: NonNegativeInt = 10_000
    average_from_step: PositiveInt | None = None
    gradient_clip: NonNegativeFloat = 0.0
    gradient_clip_of: Literal["all", "each"] = "all"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    evaluate_every: NonNegativeInt = 1000
    checkpoint_every: PositiveInt = 200
    chunk_size: NonNegativeInt = 0
    workers: Annotated[int, Meta(ge=-1)] = -1
    threads: NonNegativeInt = 0
    tensorboard: bool = False
