"""Everything that an update changes, and with it everything that a checkpoint keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.optim import Optimizer

from voxmetric import encoders, losses
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.losses.loss import Loss
from voxmetric.training.checkpoint import load_checkpoint, save_checkpoint
from voxmetric.training.distributed import ProcessGroup, synchronize_batch_normalization
from voxmetric.training.fine_tuning import FrozenStages, origin, rate_factors, trained_encoder
from voxmetric.training.objective import Objective, SupervisedObjective
from voxmetric.training.optimizers import create_optimizer
from voxmetric.training.original_weights import OriginalWeights
from voxmetric.training.precision import uses_bfloat16
from voxmetric.training.recipe import Recipe
from voxmetric.training.self_supervision import create_self_supervision
from voxmetric.training.subsets import Subsets
from voxmetric.training.weight_average import WeightAverage


@dataclass
class State:
    """The parts of a run in training mode.

    Attributes:
        objective: the encoder, and the loss or the method with its own parameters, queues and averages.
        optimizer: over the parameters of both.
        frozen: the stages of the encoder that are not trained, or not yet.
        average: of the trained encoder's weights over the last part of the training.
        original: weights before the first update, of which the trained encoder gets a share.
        origin: of the weights, for the card; none if training started from random ones.
        step: updates made.
        seconds: wall time spent on them, over all sessions.
        num_skipped: crops replaced because their file could not be read.
    """

    objective: Objective
    optimizer: Optimizer
    frozen: FrozenStages
    average: WeightAverage
    original: OriginalWeights
    origin: dict[str, Any] | None = None
    step: int = 0
    seconds: float = 0.0
    num_skipped: int = 0

    @property
    def encoder(self) -> Encoder:
        """The encoder that is trained."""
        return self.objective.encoder

    def trained_encoder(self) -> Encoder:
        """What the training is for: the encoder as it is evaluated and saved, averaged and mixed where that is due."""
        return self.original.mixed_with(self.average.of(self.objective.trained_encoder()))

    def count_update(self) -> None:
        """One more update was made."""
        self.step += 1
        if self.average.begun(self.step):
            self.average.add(self.objective.trained_encoder())

    def save(self, path: Path) -> None:
        """Write a checkpoint in one step."""
        parts = {name: getattr(self, name).state_dict() for name in ("objective", "optimizer", "average")}
        save_checkpoint(path, {**parts, "step": self.step, "seconds": self.seconds, "num_skipped": self.num_skipped})

    def restore(self, path: Path, device: torch.device) -> None:
        """Take up a checkpoint; see `load_checkpoint` for the errors."""
        kept = load_checkpoint(path, device)
        for name in ("objective", "optimizer"):
            getattr(self, name).load_state_dict(kept[name])
        if "average" in kept:  # not in checkpoints from before there was one
            self.average.load_state_dict(kept["average"])
        self.step, self.seconds, self.num_skipped = kept["step"], kept["seconds"], kept["num_skipped"]


def create_encoder(recipe: Recipe) -> Encoder:
    """The recipe's encoder with weights drawn from PyTorch's generator, or those of the model that it starts from.

    Raises:
        InputError: for unknown names or options, values of the wrong type, or a model that is not as expected.
    """
    choice = recipe.encoder
    if recipe.fine_tuning.model is not None:
        return trained_encoder(recipe.fine_tuning.model, choice, recipe.fine_tuning.fingerprint)
    try:
        return encoders.create(
            choice.name, embedding_size=choice.embedding_size, front_end=choice.front_end, **choice.options
        )
    except TypeError as error:
        raise InputError(f"the options of encoder {choice.name!r} do not fit it: {error}") from error


def create_loss(recipe: Recipe, num_speakers: int) -> Loss:
    """The recipe's objective for so many training speakers; raises as `create_encoder`."""
    size, choice = recipe.encoder.embedding_size, recipe.loss
    try:
        return losses.create(choice.name, embedding_size=size, num_speakers=num_speakers, **choice.options)
    except TypeError as error:
        raise InputError(f"the options of loss {choice.name!r} do not fit it: {error}") from error


def create_objective(recipe: Recipe, subsets: Subsets, group: ProcessGroup) -> Objective:
    """The recipe's encoder and what judges it, a function of the recipe and the size of the data alone.

    The encoder is drawn before the rest, so that every objective of a comparison starts from the same encoder.
    Raises as `create_encoder`.
    """
    torch.manual_seed(recipe.seed)
    encoder = create_encoder(recipe).to(group.device)
    if recipe.method is not None:
        return create_self_supervision(recipe, recipe.method, encoder, len(subsets.train), group)
    loss = create_loss(recipe, len(subsets.speakers)).to(group.device)
    in_bfloat16 = uses_bfloat16(recipe.training.precision, group.device)
    return SupervisedObjective(encoder, loss, group, in_bfloat16, recipe.training.chunk_size)


def initial_state(recipe: Recipe, subsets: Subsets, group: ProcessGroup) -> State:
    """The state before the first update; raises as `create_encoder`."""
    objective = create_objective(recipe, subsets, group)
    synchronize_batch_normalization(objective, group)
    objective.train()
    trained = [objective.encoder, objective.judge]
    # The optimiser holds what is frozen too, for it may be trained later on; without a gradient it stays as it is.
    optimizer = create_optimizer(recipe.optimizer, trained, rate_factors(objective.encoder, recipe.fine_tuning))
    frozen = FrozenStages(objective.encoder, recipe.fine_tuning)
    frozen.hold(0)
    if not any(one.requires_grad for module in trained for one in module.parameters()):
        raise InputError(
            "nothing is left to train: every stage of the encoder is frozen and the objective has no weights of its "
            "own; freeze fewer stages in fine_tuning.frozen"
        )
    return State(
        objective,
        optimizer,
        frozen,
        WeightAverage(recipe.training.average_from_step),
        OriginalWeights(objective.trained_encoder(), recipe.fine_tuning.original_share),
        origin(recipe.fine_tuning),
    )
