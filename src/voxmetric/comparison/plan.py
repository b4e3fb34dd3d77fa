"""From a recipe to the runs of a comparison: what is the same for every objective, and what is its own."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Any

from voxmetric import losses, selfsupervised
from voxmetric.comparison.search import DEFAULT_SEARCH, Setting, draw_settings
from voxmetric.errors import InputError
from voxmetric.training.recipe import Candidate, ComparisonPlan, FineTuning, LossChoice, MethodChoice, Recipe, Views

# Tuning runs draw their weights and batches from a seed of their own, so that no final run has been looked at before.
TUNING_SEED = 1_000_003

UNTRAINED = "untrained"


def candidates(plan: ComparisonPlan) -> list[Candidate]:
    """The objectives of a plan with their labels and search spaces filled in.

    Raises:
        InputError: for an unknown loss or method, one that is neither or both, or two objectives with one label.
    """
    complete = []
    for entry in plan.losses:
        candidate = Candidate(entry) if isinstance(entry, str) else entry
        name = registered_name(candidate)
        search = candidate.search if candidate.search is not None else DEFAULT_SEARCH.get(candidate.name or "", {})
        search = {option: values for option, values in search.items() if option not in candidate.options}
        complete.append(dataclasses.replace(candidate, label=candidate.label or name, search=search))
    labels = [candidate.label for candidate in complete]
    repeated = sorted({label for label in labels if label and labels.count(label) > 1})
    for label in labels:
        if not re.fullmatch(r"[^/\\\s.][^/\\]*", label or ""):
            raise InputError(f"compare.losses: a label names a folder; {label!r} cannot, choose another")
    if repeated:
        raise InputError(f"two objectives are called {repeated[0]!r}: give each a label of its own in compare.losses")
    return complete


def registered_name(candidate: Candidate) -> str:
    """The name of an objective's loss or method, or `untrained`.

    Raises:
        InputError: if there is no such one, or the objective gives both or neither.
    """
    if (candidate.name is None) == (candidate.method is None):
        raise InputError(
            f"an objective of compare.losses has either a name (of a loss, or {UNTRAINED}) or a method: found "
            f"{candidate.name!r} and {candidate.method!r}"
        )
    if candidate.method is not None:
        selfsupervised.methods.load(candidate.method)
        return candidate.method
    assert candidate.name is not None
    if candidate.name != UNTRAINED:
        losses.losses.load(candidate.name)
    elif candidate.options or candidate.search:
        raise InputError(f"compare.losses: {UNTRAINED} takes neither options nor a search, for nothing is trained")
    return candidate.name


def settings_of(candidate: Candidate, plan: ComparisonPlan) -> list[Setting]:
    """What the search tries for one objective."""
    if candidate.name == UNTRAINED:
        return [Setting()]
    return draw_settings(
        registered_name(candidate),
        candidate.options,
        candidate.search or {},
        plan.learning_rates,
        plan.tuning_settings,
    )


def common_recipe(recipe: Recipe, jobs: int) -> Recipe:
    """What every run of the comparison shares.

    Batches that each paper would draw in its own way are drawn for all alike, by speaker, so that all objectives with
    labels see the same crops in the same order; those without shuffle recordings. Loader processes and memory are
    shared out among the jobs.
    """
    kind = "speakers" if recipe.batches.kind == "published" else recipe.batches.kind
    training = recipe.training
    if training.workers < 0:
        training = dataclasses.replace(training, workers=max(1, min(8, (os.cpu_count() or 1) // jobs - 1)))
    return dataclasses.replace(
        recipe,
        method=None,
        batches=dataclasses.replace(recipe.batches, kind=kind),
        training=training,
        data=dataclasses.replace(recipe.data, cache_megabytes=recipe.data.cache_megabytes // jobs),
        compare=ComparisonPlan(),
        diarization=None,
    )


def final_recipe(common: Recipe, candidate: Candidate, setting: Setting, run: int) -> Recipe:
    """Run number `run` of an objective with the setting that its search chose."""
    return _with(common, candidate, setting, seed=common.seed + run, suffix=f"seed {common.seed + run}")


def tuning_recipe(common: Recipe, candidate: Candidate, setting: Setting, steps: int) -> Recipe:
    """A run of the search: like a final one, but of `steps` updates with all schedules shortened alike."""
    tuned = _with(common, candidate, setting, seed=common.seed + TUNING_SEED, suffix="tuning")
    share = steps / max(1, common.training.steps)
    schedule, margin, fine_tuning, positives = (
        tuned.schedule,
        tuned.margin_schedule,
        tuned.fine_tuning,
        tuned.positives,
    )

    def shortened(step: int) -> int:
        """Rounded up, for step 0 would mean never; in whole numbers, so that the last step stays the last."""
        return -(-step * steps // max(1, common.training.steps))

    average_from = tuned.training.average_from_step
    return dataclasses.replace(
        tuned,
        training=dataclasses.replace(
            tuned.training,
            steps=0 if candidate.name == UNTRAINED else steps,
            average_from_step=None if average_from is None else shortened(average_from),
            evaluate_every=0,
        ),
        schedule=dataclasses.replace(
            schedule, warmup_steps=round(schedule.warmup_steps * share), every=max(1, round(schedule.every * share))
        ),
        margin_schedule=dataclasses.replace(
            margin, start_step=int(margin.start_step * share), end_step=round(margin.end_step * share)
        ),
        fine_tuning=dataclasses.replace(fine_tuning, unfreeze_at_step=shortened(fine_tuning.unfreeze_at_step)),
        positives=dataclasses.replace(positives, start_epoch=int(positives.start_epoch * share)),
    )


def describe_setting(setting: Setting) -> dict[str, Any]:
    """A setting as a row of the report's tuning table."""
    return {"learning_rate_factor": setting.learning_rate_factor, **setting.options}


def any_finished(tried: Sequence[tuple[Setting, float | None]]) -> bool:
    """Whether any setting of a search was trained to its end."""
    return any(error is not None for _, error in tried)


def choose(tried: Sequence[tuple[Setting, float | None]]) -> Setting:
    """The setting with the lowest development error, the earliest of equals; one that diverged has none."""
    finished = [(error, position) for position, (_, error) in enumerate(tried) if error is not None]
    return tried[min(finished)[1]][0]


def recordings_in_batch(common: Recipe, views: Views) -> int:
    """How many recordings a method takes so that an update sees no more audio than `batches.size` crops are."""
    seconds = views.count * common.data.crop_seconds + views.local_count * views.local_seconds
    return max(1, int(common.batches.size * common.data.crop_seconds / seconds + 1e-9))


def _with(common: Recipe, candidate: Candidate, setting: Setting, *, seed: int, suffix: str) -> Recipe:
    named = dataclasses.replace(
        common,
        name=f"{common.name}, {candidate.label}, {suffix}",
        seed=seed,
        optimizer=dataclasses.replace(
            common.optimizer, learning_rate=common.optimizer.learning_rate * setting.learning_rate_factor
        ),
    )
    if candidate.start == "random":
        named = dataclasses.replace(named, fine_tuning=FineTuning())
    options = dict(setting.options)
    if candidate.method is not None:
        views = candidate.views or common.views
        return dataclasses.replace(
            named,
            method=MethodChoice(candidate.method, options, weights=candidate.weights),
            views=views,
            positives=candidate.positives or common.positives,
            batches=dataclasses.replace(common.batches, kind="shuffled", size=recordings_in_batch(common, views)),
        )
    if candidate.name == UNTRAINED:
        nothing = dataclasses.replace(named.training, steps=0, average_from_step=None)
        return dataclasses.replace(named, training=nothing)
    assert candidate.name is not None
    return dataclasses.replace(named, loss=LossChoice(candidate.name, options))
