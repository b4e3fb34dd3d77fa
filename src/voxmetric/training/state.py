"""Everything that an update changes, and with it everything that a checkpoint keeps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch.optim import Optimizer

from voxmetric import encoders, losses
from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.losses.loss import Loss
from voxmetric.training.checkpoint import load_checkpoint, save_checkpoint
from voxmetric.training.distributed import ProcessGroup, synchronize_batch_normalization
from voxmetric.training.optimizers import create_optimizer
from voxmetric.training.recipe import Recipe


@dataclass
class State:
    """The parts of a run in training mode.

    Attributes:
        encoder: the encoder.
        loss: the objective with its own parameters, queues and averages.
        optimizer: over the parameters of both.
        step: updates made.
        seconds: wall time spent on them, over all sessions.
        num_skipped: crops replaced because their file could not be read.
    """

    encoder: Encoder
    loss: Loss
    optimizer: Optimizer
    step: int = 0
    seconds: float = 0.0
    num_skipped: int = 0

    def save(self, path: Path) -> None:
        """Write a checkpoint in one step."""
        parts = {name: getattr(self, name).state_dict() for name in ("encoder", "loss", "optimizer")}
        save_checkpoint(path, {**parts, "step": self.step, "seconds": self.seconds, "num_skipped": self.num_skipped})

    def restore(self, path: Path, device: torch.device) -> None:
        """Take up a checkpoint; see `load_checkpoint` for the errors."""
        kept = load_checkpoint(path, device)
        for name in ("encoder", "loss", "optimizer"):
            getattr(self, name).load_state_dict(kept[name])
        self.step, self.seconds, self.num_skipped = kept["step"], kept["seconds"], kept["num_skipped"]


def create_encoder(recipe: Recipe) -> Encoder:
    """The recipe's encoder with weights drawn from PyTorch's generator.

    Raises:
        InputError: for unknown names or options, or values of the wrong type.
    """
    choice = recipe.encoder
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


def initial_state(recipe: Recipe, num_speakers: int, group: ProcessGroup) -> State:
    """The state before the first update: a function of the recipe alone.

    The encoder is drawn before the loss, so that every objective of a comparison starts from the same encoder.
    """
    torch.manual_seed(recipe.seed)
    encoder = create_encoder(recipe).to(group.device)
    loss = create_loss(recipe, num_speakers).to(group.device)
    synchronize_batch_normalization(encoder, group)
    state = State(encoder, loss, create_optimizer(recipe.optimizer, [encoder, loss]))
    state.encoder.train()
    state.loss.train()
    return state
