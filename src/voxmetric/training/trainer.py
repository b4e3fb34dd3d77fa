"""Training one model from a recipe into a folder; kill it at any moment and run it again to go on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import torch
import yaml

from voxmetric.data.crops import CropLoader
from voxmetric.data.views import ViewLoader
from voxmetric.errors import DivergedError, InputError
from voxmetric.files import write_text
from voxmetric.speaker_model import SpeakerModel
from voxmetric.training.card import describe
from voxmetric.training.development import DevelopmentTrials
from voxmetric.training.diagnostics import Diagnostics, collapsed
from voxmetric.training.distributed import ProcessGroup, process_group
from voxmetric.training.loaders import batches_for, create_loader
from voxmetric.training.log import TrainingLog
from voxmetric.training.loss_timing import loss_milliseconds
from voxmetric.training.precision import uses_bfloat16
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import differences, from_mapping, to_mapping, to_yaml
from voxmetric.training.schedules import learning_rate_factor, margin_factor, weight_decay_at
from voxmetric.training.short_recordings import longest_crop, num_shorter, remark
from voxmetric.training.state import State, initial_state
from voxmetric.training.steps import Stepper
from voxmetric.training.subsets import Subsets, select

RECIPE, DATA, CHECKPOINT, LOG, RESULT = "recipe.yaml", "data.json", "checkpoint.pt", "log.jsonl", "result.json"

# Settings that change how a run is computed but not where it ends; they may differ when it is taken up again.
FREE_KEYS = frozenset(
    {
        "training.workers",
        "training.tensorboard",
        "training.checkpoint_every",
        "data.cache_megabytes",
        "data.maximum_skipped",
    }
)
LOG_EVERY = 10


@dataclass(frozen=True)
class Progress:
    """What a running training tells whoever watches it, after each update.

    `collapsed` warns that without labels the encoder has come to answer everything alike, when last looked at.
    `remark` is what a person ought to know about the training data, the same at every update; empty for nothing.
    """

    step: int
    steps: int
    loss: float
    development_eer: float | None
    crops_per_second: float
    num_skipped: int
    collapsed: bool = False
    remark: str = ""


@dataclass(frozen=True)
class TrainingResult:
    """What a finished run leaves in `result.json`.

    Attributes:
        fingerprint: hash of the trained model's configuration and weights.
        development_eer: on the development speakers at the end, if there are any; a fraction.
        seconds: wall time, over all sessions of the run.
        step_milliseconds: median time of an update in the last session, waiting for the loader included.
        loading_share: share of that session's time spent waiting for the loader.
        loss_milliseconds: median time of the objective alone, forward and backward.
        loss_parameters: trainable parameters of the objective.
        encoder_parameters: trainable parameters of the encoder.
        num_speakers: training speakers.
        num_utterances: training utterances.
        num_skipped: crops replaced because their file could not be read; those of the main process where there are
            several.
        precision: of the encoder's activations.
        num_repeated: training utterances shorter than a crop, which are repeated to fill it.
    """

    fingerprint: str
    development_eer: float | None
    seconds: float
    step_milliseconds: float
    loading_share: float
    loss_milliseconds: float
    loss_parameters: int
    encoder_parameters: int
    num_speakers: int
    num_utterances: int
    num_skipped: int
    precision: str
    num_repeated: int = 0


def train(
    recipe: Recipe, folder: str | os.PathLike[str], watch: Callable[[Progress], None] | None = None
) -> TrainingResult:
    """Train a model, or go on where an interrupted run of the same recipe stopped.

    Args:
        recipe: the experiment.
        folder: receives the resolved recipe, the log, checkpoints and at the end the model and `result.json`.
        watch: called after each update, in the main process only.

    Raises:
        InputError: for a recipe that does not fit its data, or a folder that holds the run of another recipe or of
            other data under the same names.
        DivergedError: if the loss or its gradient stops being finite.
    """
    target = Path(folder)
    with process_group() as group:
        refuse_another_recipe(target, recipe)
        subsets = select(recipe)
        refuse_other_data(target, subsets)
        return read_result(target) or _train(recipe, subsets, target, group, watch)


def read_result(folder: str | os.PathLike[str]) -> TrainingResult | None:
    """The result of the finished run in `folder`; none if it has not finished."""
    path = Path(folder) / RESULT
    return msgspec.json.decode(path.read_bytes(), type=TrainingResult) if path.exists() else None


@dataclass
class _Timing:
    """Times of the updates of this session, in seconds."""

    loading: list[float] = field(default_factory=list)
    update: list[float] = field(default_factory=list)

    def crops_per_second(self, batch_size: int) -> float:
        recent = sum(self.loading[-LOG_EVERY:]) + sum(self.update[-LOG_EVERY:])
        return batch_size * min(LOG_EVERY, len(self.update)) / recent

    def step_milliseconds(self) -> float | None:
        return float(np.median(np.add(self.loading, self.update))) * 1000 if self.update else None

    def loading_share(self) -> float:
        total = sum(self.loading) + sum(self.update)
        return sum(self.loading) / total if total else 0.0


def _train(
    recipe: Recipe, subsets: Subsets, folder: Path, group: ProcessGroup, watch: Callable[[Progress], None] | None
) -> TrainingResult:
    torch.set_num_threads(recipe.training.threads or max(1, (os.cpu_count() or 1) // group.world_size))
    state = initial_state(recipe, subsets, group)
    if (folder / CHECKPOINT).exists():
        state.restore(folder / CHECKPOINT, group.device)
    loader = create_loader(recipe, state, subsets)
    development = (
        DevelopmentTrials.of(subsets.development, recipe.data.development_seed) if subsets.development else None
    )
    if group.is_main:
        # The folder is taken only now that the recipe has been found to fit its data.
        write_text(folder / DATA, json.dumps(subsets.sha256(), indent=2) + "\n")
        write_text(folder / RECIPE, to_yaml(recipe))
    board = folder / "tensorboard" if recipe.training.tensorboard else None
    log = TrainingLog(folder / LOG, state.step, board) if group.is_main else None
    try:
        timing = _loop(recipe, folder, group, state, subsets, loader, development, log, watch)
        return _finish(recipe, folder, group, state, subsets, development, log, timing)
    finally:
        if log:
            log.close()


def _loop(
    recipe: Recipe,
    folder: Path,
    group: ProcessGroup,
    state: State,
    subsets: Subsets,
    loader: CropLoader | ViewLoader,
    development: DevelopmentTrials | None,
    log: TrainingLog | None,
    watch: Callable[[Progress], None] | None,
) -> _Timing:
    plan, timing = recipe.training, _Timing()
    stepper = Stepper(
        state.objective,
        state.optimizer,
        gradient_clip=plan.gradient_clip,
        clip_each=plan.gradient_clip_of == "each",
        seed=recipe.seed,
    )
    recent: list[float] = []
    development_eer: float | None = None
    diagnostics = Diagnostics.of(state.objective, subsets)
    collapse = False
    crops = recipe.batches.size * state.objective.crops_per_row
    seconds = longest_crop(recipe)
    note = remark(num_shorter(subsets.train, seconds), len(subsets.train), seconds)
    started, seconds_before = time.perf_counter(), state.seconds
    waiting = started
    for batch in loader:
        loaded = time.perf_counter()
        factor = learning_rate_factor(recipe.schedule, state.step, plan.steps)
        stepper.set_learning_rate(recipe.optimizer.learning_rate * factor)
        weight_decay = weight_decay_at(recipe.optimizer, state.step, plan.steps)
        stepper.set_weight_decay(weight_decay)
        margin = margin_factor(recipe.margin_schedule, state.step)
        state.objective.set_margin_factor(margin)
        state.frozen.hold(state.step)
        result = stepper.update(state.step, *state.objective.inputs(batch))
        if not result.applied:
            ids = loader.table.ids[batch.indices.numpy()].tolist()
            if log:
                log.write(state.step, diverged=True, utterances=ids)
            raise _diverged(state.step, result.loss, result.gradient_norm, ids, folder)
        now = time.perf_counter()
        timing.loading.append(loaded - waiting)
        timing.update.append(now - loaded)
        state.count_update()
        state.seconds = seconds_before + now - started
        state.num_skipped += batch.num_skipped
        recent.append(result.loss)
        if log and (state.step % LOG_EVERY == 0 or state.step == plan.steps):
            figures = diagnostics.figures() if diagnostics else {}
            collapse = bool(figures) and collapsed(figures)
            log.write(
                state.step,
                loss=sum(recent) / len(recent),
                learning_rate=recipe.optimizer.learning_rate * factor,
                **({} if recipe.optimizer.weight_decay_end is None else {"weight_decay": weight_decay}),
                margin_factor=margin,
                gradient_norm=result.gradient_norm,
                crops_per_second=timing.crops_per_second(crops),
                seconds=state.seconds,
                **figures,
                **({"collapsed": True} if collapse else {}),
            )
            recent.clear()
        due = plan.evaluate_every and state.step % plan.evaluate_every == 0
        if log and development and due and state.step < plan.steps:
            look = development.look(state.trained_encoder(), group.device)
            development_eer = look.eer
            log.write(state.step, **look.record())
        if group.is_main and (state.step % plan.checkpoint_every == 0 or state.step == plan.steps):
            state.save(folder / CHECKPOINT)
        if watch and group.is_main:
            speed = timing.crops_per_second(crops)
            skipped = state.num_skipped
            watch(Progress(state.step, plan.steps, result.loss, development_eer, speed, skipped, collapse, note))
        waiting = time.perf_counter()
    return timing


def _finish(
    recipe: Recipe,
    folder: Path,
    group: ProcessGroup,
    state: State,
    subsets: Subsets,
    development: DevelopmentTrials | None,
    log: TrainingLog | None,
    timing: _Timing,
) -> TrainingResult:
    encoder = state.trained_encoder()
    look = development.look(encoder, group.device) if development and group.is_main else None
    if log and look is not None:
        log.write(state.step, **look.record())
    eer = look.eer if look else None
    model = SpeakerModel(encoder, describe(recipe, subsets, eer, state.origin), group.device)
    numbers, judged = _first_numbers(recipe, state, subsets), state.objective.judge.parameters()
    result = TrainingResult(
        fingerprint=model.fingerprint,
        development_eer=eer,
        seconds=state.seconds,
        step_milliseconds=timing.step_milliseconds() or 1000 * state.seconds / max(1, state.step),
        loading_share=timing.loading_share(),
        loss_milliseconds=loss_milliseconds(state.objective, numbers) if state.step else 0.0,
        loss_parameters=sum(one.numel() for one in judged if one.requires_grad) if state.step else 0,
        encoder_parameters=sum(one.numel() for one in state.encoder.parameters()),
        num_speakers=len(subsets.speakers),
        num_utterances=len(subsets.train),
        num_skipped=state.num_skipped,
        precision="bfloat16" if uses_bfloat16(recipe.training.precision, group.device) else "float32",
        num_repeated=num_shorter(subsets.train, longest_crop(recipe)),
    )
    group.wait()  # every process has taken up the checkpoint before it goes
    if group.is_main:
        model.save(folder)
        # Written last: a folder with a result is a finished run.
        write_text(folder / RESULT, msgspec.json.format(msgspec.json.encode(result)).decode() + "\n")
        (folder / CHECKPOINT).unlink(missing_ok=True)
    return result


def refuse_another_recipe(folder: Path, recipe: Recipe) -> None:
    """Refuse a folder whose run was begun with another recipe.

    Raises:
        InputError: naming the keys that differ, those in `FREE_KEYS` aside.
    """
    path = folder / RECIPE
    if not path.exists():
        return
    # Keys that the run's version did not have yet stand for their defaults, which are what it did.
    before = from_mapping(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    changed = set(differences(to_mapping(before), to_mapping(recipe))) - FREE_KEYS
    if changed:
        raise InputError(
            f"{folder} holds a run of another recipe, which differs in {', '.join(sorted(changed))}: "
            "choose another folder, or give the recipe it was started with"
        )


def refuse_other_data(folder: Path, subsets: Subsets) -> None:
    """Refuse a folder whose run or comparison began with other rows under the same table's name.

    Raises:
        InputError: naming the parts that differ.
    """
    path = folder / DATA
    if not path.exists():
        return
    before, now = json.loads(path.read_text(encoding="utf-8")), subsets.sha256()
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        raise InputError(
            f"{folder} was begun with other {', '.join(changed)} utterances than the table has now: "
            "choose another folder, or put the table back"
        )


def _diverged(step: int, loss: float, gradient_norm: float, ids: list[str], folder: Path) -> DivergedError:
    checkpoint = folder / CHECKPOINT
    way_back = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was due before it"
    return DivergedError(
        f"training diverged at step {step}: loss {loss}, gradient norm {gradient_norm}; the batch held "
        f"{', '.join(ids[:8])}, ... ({len(ids)} utterances, all in {LOG}); {way_back}. "
        "Lower optimizer.learning_rate or set training.gradient_clip"
    )


def _first_numbers(recipe: Recipe, state: State, subsets: Subsets) -> torch.Tensor:
    """Speakers, or recordings where training knows none, of this process's share of the first batch."""
    group = state.objective.group
    rows = np.array_split(batches_for(recipe, state.objective, subsets).batch(0), group.world_size)[group.rank]
    return torch.from_numpy(rows if recipe.method else subsets.labels[rows]).to(group.device)
