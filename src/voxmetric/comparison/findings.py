"""From scored runs to what may be claimed: intervals over speakers and seeds, paired tests, ties."""

from __future__ import annotations

import dataclasses
import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voxmetric.comparison.evaluation import RunScores
from voxmetric.comparison.pictures import det_points, embedding_map, score_histogram, training_curve
from voxmetric.comparison.plan import recordings_in_batch
from voxmetric.comparison.verdicts import estimate_of, pair_of, rank_of
from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable
from voxmetric.metrics import EER_DEFINITIONS
from voxmetric.metrics.confidence import SpeakerBootstrap
from voxmetric.metrics.paired import compare_pairs, resamples_needed, resolution_caution
from voxmetric.reports.results import BEST, Comparison, Cost, Objective, TrialSummary
from voxmetric.training.card import is_synthetic, software_versions
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import fingerprint, to_portable_mapping
from voxmetric.training.subsets import Subsets
from voxmetric.training.trainer import TrainingResult


@dataclass(frozen=True)
class ObjectiveRuns:
    """One objective's finished runs: what `Objective` tells of it, less what the trials say."""

    label: str
    loss: str
    options: dict[str, Any]
    seeds: list[int]
    folders: list[Path]
    results: list[TrainingResult]
    tuning: list[dict[str, Any]]
    tuning_seconds: float


def find(
    recipe: Recipe,
    subsets: Subsets,
    trials: TrialList,
    objectives: Sequence[ObjectiveRuns],
    diverged: Sequence[str],
    scores: Mapping[str, Sequence[RunScores]],
    wall_seconds: float,
) -> Comparison:
    """Evaluate all runs on the same trials and resamples.

    Args:
        recipe: of the comparison.
        subsets: its data; `subsets.test` holds the trials' utterances.
        trials: the T trials.
        objectives: what was run.
        diverged: labels of the objectives that are left out because a run of theirs diverged.
        scores: label to the scores of its runs, in the order of its seeds.
        wall_seconds: what the comparison took so far.
    """
    assert subsets.test is not None
    plan = recipe.compare
    enrol_speakers, test_speakers = _speakers(trials, subsets.test)
    num_pairs = len(objectives) * (len(objectives) - 1) // 2
    bootstrap = SpeakerBootstrap(
        trials.labels,
        enrol_speakers,
        test_speakers,
        num_resamples=max(plan.resamples, resamples_needed(num_pairs, plan.level)),
        level=plan.level,
    )
    raw = {label: np.stack([run.scores for run in runs]) for label, runs in scores.items()}
    pairs = compare_pairs(bootstrap, raw) if len(raw) > 1 else []
    found = [_objective(one, scores[one.label], trials, subsets.test, bootstrap) for one in objectives]
    best = min(found, key=lambda objective: objective.metrics["eer"].value).name
    return Comparison(
        name=recipe.name,
        synthetic=is_synthetic(subsets),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        wall_seconds=wall_seconds,
        versions=software_versions(),
        machine=_machine(objectives),
        recipe=to_portable_mapping(recipe),
        recipe_sha256=fingerprint(
            {key: value for key, value in to_portable_mapping(recipe).items() if key != "compare"}
        ),
        encoder=f"{recipe.encoder.name}, {objectives[0].results[0].encoder_parameters:,} parameters, "
        f"{recipe.encoder.embedding_size}-dimensional embeddings",
        data=_data(recipe, subsets, objectives),
        trials=_summary(recipe, trials, bootstrap.num_speakers),
        eer_definition=EER_DEFINITIONS["interpolated"],
        interval=bootstrap.describe(plan.seeds),
        objectives=sorted(
            (dataclasses.replace(one, rank=rank_of(one.name, best, pairs)) for one in found),
            key=lambda objective: objective.metrics["eer"].value,
        ),
        pairs=[pair_of(pair) for pair in pairs],
        notes=_notes(recipe, subsets, objectives, bootstrap)
        + [f"{label} is left out: its training diverged." for label in diverged],
    )


def _objective(
    runs: ObjectiveRuns,
    scores: Sequence[RunScores],
    trials: TrialList,
    test: UtteranceTable,
    bootstrap: SpeakerBootstrap,
) -> Objective:
    measured = {name: np.stack([run.scores for run in scores]) for name in ("eer", "min_dcf", "min_cllr")}
    calibrated = [run.calibrated for run in scores if run.calibrated is not None]
    if calibrated:
        measured["cllr"] = np.stack(calibrated)
    per_seed = [
        {name: bootstrap.value(values[run], name) for name, values in measured.items()} for run in range(len(scores))
    ]
    return Objective(
        name=runs.label,
        loss=runs.loss,
        options=runs.options,
        seeds=runs.seeds,
        metrics={name: estimate_of(bootstrap.interval(values, name)) for name, values in measured.items()},
        per_seed=per_seed,
        rank=BEST,
        tuning=runs.tuning,
        cost=_cost(runs),
        curves=[training_curve(folder, seed) for folder, seed in zip(runs.folders, runs.seeds, strict=True)],
        det=det_points(scores[0].scores, trials.labels),
        histogram=score_histogram(scores[0].scores, trials.labels),
        embedding_map=embedding_map(scores[0].embeddings, test),
        weights_sha256=[result.fingerprint for result in runs.results],
    )


def _speakers(trials: TrialList, test: UtteranceTable) -> tuple[Any, Any]:
    """Speaker number of each side of each trial."""
    enrol, other = trials.indices(test.ids)
    _, codes = test.speaker_codes()
    return codes[enrol], codes[other]


def _cost(runs: ObjectiveRuns) -> Cost:
    results = runs.results
    return Cost(
        train_seconds=float(np.mean([result.seconds for result in results])),
        step_milliseconds=float(np.median([result.step_milliseconds for result in results])),
        loss_milliseconds=float(np.median([result.loss_milliseconds for result in results])),
        loss_parameters=results[0].loss_parameters,
        tuning_seconds=runs.tuning_seconds,
    )


def _summary(recipe: Recipe, trials: TrialList, num_speakers: int) -> TrialSummary:
    name = "all pairs of the test utterances" if recipe.data.trials == "all_pairs" else Path(recipe.data.trials).name
    num_target = int(np.count_nonzero(trials.labels))
    return TrialSummary(name, trials.sha256, num_target, len(trials) - num_target, num_speakers, len(trials.ids))


def _data(recipe: Recipe, subsets: Subsets, objectives: Sequence[ObjectiveRuns]) -> dict[str, Any]:
    result = objectives[0].results[0]
    parts = {"development": subsets.development, "test": subsets.test}
    return {
        "table": Path(recipe.data.table).name,
        "training": f"{result.num_speakers} speakers, {result.num_utterances} utterances, "
        f"crops of {recipe.data.crop_seconds:g} s",
        **{
            name: f"{len(np.unique(table.speakers))} speakers, {len(table)} utterances"
            for name, table in parts.items()
            if table is not None
        },
        "training_sha256": subsets.train.sha256,
    }


def _machine(objectives: Sequence[ObjectiveRuns]) -> str:
    precision = objectives[0].results[0].precision
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, {precision} activations"


def _notes_without_labels(recipe: Recipe) -> list[str]:
    """What objectives without labels see in an update, against the others."""
    crops, seconds = recipe.batches.size, recipe.data.crop_seconds
    notes = []
    for candidate in recipe.compare.losses:
        if isinstance(candidate, str) or candidate.method is None:
            continue
        views = candidate.views or recipe.views
        local = f" and {views.local_count} of {views.local_seconds:g} s" if views.local_count else ""
        notes.append(
            f"{candidate.label or candidate.method} uses no labels: an update sees "
            f"{recordings_in_batch(recipe, views)} recordings in {views.count} views of {seconds:g} s{local} each, as "
            f"much audio as the {crops} crops of an objective with labels."
        )
    return notes


def _notes(
    recipe: Recipe, subsets: Subsets, objectives: Sequence[ObjectiveRuns], bootstrap: SpeakerBootstrap
) -> list[str]:
    num_pairs = len(objectives) * (len(objectives) - 1) // 2
    cautions = (bootstrap.caution, resolution_caution(bootstrap, num_pairs) if num_pairs else None)
    notes = [caution for caution in cautions if caution]
    notes.append("minDCF is at a target prior of 0.01 and unit costs, normalised.")
    if recipe.batches.kind == "published":
        notes.append(
            "All objectives with labels were trained on the same speaker-balanced batches, classification losses "
            "included."
        )
    notes += _notes_without_labels(recipe)
    if subsets.num_left_out:
        notes.append(
            f"{subsets.num_left_out} training speakers with fewer than {recipe.data.minimum_utterances} utterances "
            "were left out."
        )
    skipped = sum(result.num_skipped for one in objectives for result in one.results)
    if skipped:
        notes.append(f"{skipped} crops were replaced by others of the same speaker: their files could not be read.")
    if subsets.development is None:
        notes.append("Without development speakers scores were not calibrated, so there is no Cllr.")
    else:
        notes.append("Cllr is of scores calibrated by logistic regression on the development speakers' trials.")
    failed = sum(1 for one in objectives for setting in one.tuning if setting["development_eer"] is None)
    if failed:
        notes.append(f"{failed} settings of the search diverged.")
    return notes
