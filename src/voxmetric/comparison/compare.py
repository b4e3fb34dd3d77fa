"""The comparison itself: search, train, score, test, and write the report. Stop it at any moment; it resumes."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
import yaml

from voxmetric.audio.reading import info
from voxmetric.comparison.diarization import diarize_sets, read_sets
from voxmetric.comparison.diarization_findings import find_diarized
from voxmetric.comparison.evaluation import RunScores, embed_parts, score_run
from voxmetric.comparison.findings import ObjectiveRuns, find
from voxmetric.comparison.plan import (
    any_finished,
    candidates,
    choose,
    common_recipe,
    describe_setting,
    final_recipe,
    registered_name,
    settings_of,
    tuning_recipe,
)
from voxmetric.comparison.runs import RunPool, run_pool
from voxmetric.comparison.search import Setting
from voxmetric.comparison.watching import SpentTime, Stage, Watch
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import DivergedError, InputError
from voxmetric.files import write_text
from voxmetric.reports.results import Comparison
from voxmetric.reports.storage import write_comparison
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.loaders import batches_for
from voxmetric.training.recipe import Candidate, ComparisonPlan, Recipe
from voxmetric.training.recipe_file import differences, from_mapping, to_mapping, to_yaml
from voxmetric.training.state import create_objective
from voxmetric.training.subsets import Subsets, pairs_of, refuse_unused_labels, select, test_trials
from voxmetric.training.trainer import DATA, FREE_KEYS, TrainingResult, read_result, refuse_other_data

RECIPE, SECONDS = "comparison.yaml", "seconds.json"


def compare(recipe: Recipe, folder: str | os.PathLike[str], watch: Watch | None = None) -> Comparison:
    """Compare the objectives of `recipe.compare.losses` and write `report.html`, `results.json` and `table.md`.

    Objectives that an earlier call compared in the same folder stay in the report; their runs are not repeated, also
    where `recipe.diarization` asks for something new: they are then diarized anew, as far as that needs it.

    Args:
        recipe: the experiment; everything but the objective is the same for all of them.
        folder: receives a sub-folder for each run and the report.
        watch: called every second with what is being done, finished and all runs, and the state of the running ones.

    Raises:
        InputError: if the recipe does not fit its data or the folder's earlier comparison.
        DivergedError: if no objective could be trained; one that diverged is left out, and the report says so.
    """
    root = Path(folder)
    recipe = _take_up(recipe, root)
    plan = recipe.compare
    jobs = number_of_jobs(plan)
    common = common_recipe(recipe, jobs)
    wanted = candidates(plan)
    subsets = _checked_subsets(common, wanted, plan)
    refuse_other_data(root, subsets)
    trials = test_trials(common, _test(subsets))
    trials.indices(_test(subsets).ids)  # unknown ids are an error now, not after hours of training
    diarization = recipe.diarization
    sets = {} if diarization is None else read_sets(diarization, set(subsets.train.speakers))
    write_text(root / DATA, json.dumps(subsets.sha256(), indent=2) + "\n")
    write_text(root / RECIPE, to_yaml(recipe))
    spent = SpentTime(root / SECONDS)
    stage = Stage(watch, spent)
    with run_pool(jobs, stage.tell) as pool:
        tried = _search(pool, stage, common, wanted, plan, root)
        chosen = {label: choose(settings) for label, settings in tried.items() if any_finished(settings)}
        results = _train_final(pool, stage, common, wanted, chosen, plan, root)
        finished = {path: result for path, result in results.items() if result is not None}
        stage.begin("embedding the test utterances", 1)
        pool.map(embed_parts, [(path, common) for path in finished])
        if diarization is not None:
            stage.begin("diarizing", 1)
            pool.map(diarize_sets, [(path, diarization, common.training.threads) for path in finished])
    diverged = sorted({path.parent.name for path in results if path not in finished} | (tried.keys() - chosen.keys()))
    objectives = [
        _collect(common, candidate, chosen[_label(candidate)], tried[_label(candidate)], finished, plan, root)
        for candidate in wanted
        if _label(candidate) not in diverged
    ]
    if not objectives:
        raise DivergedError("every objective diverged: lower optimizer.learning_rate or set training.gradient_clip")
    scores: dict[str, list[RunScores]] = {
        one.label: [score_run(path, trials, subsets.development, common.data.development_seed) for path in one.folders]
        for one in objectives
    }
    comparison = find(recipe, subsets, trials, objectives, diverged, scores, spent.keep())
    if diarization is not None:
        folders = {one.label: one.folders for one in objectives}
        diarized = [find_diarized(name, one, diarization, plan, folders) for name, one in sets.items()]
        comparison = dataclasses.replace(comparison, diarization=diarized)
    write_comparison(comparison, root)
    return comparison


def number_of_jobs(plan: ComparisonPlan) -> int:
    """Runs at the same time: one a core, or one where there is a GPU, unless the plan says."""
    return plan.jobs or (1 if torch.cuda.is_available() else os.cpu_count() or 1)


def _take_up(recipe: Recipe, root: Path) -> Recipe:
    """The recipe with the objectives of an earlier comparison in the same folder before its own."""
    path = root / RECIPE
    threads = recipe.training.threads
    if not recipe.compare.losses and not path.exists():
        raise InputError("nothing to compare: name objectives in compare.losses or with --losses")
    if recipe.data.test is None:
        raise InputError("a comparison needs test speakers: set data.test to the column values that select them")
    if not path.exists():
        # The number of threads decides the last bits of the weights, so it is settled once for all sessions.
        settled = threads or max(1, (os.cpu_count() or 1) // number_of_jobs(recipe.compare))
        return dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, threads=settled))
    earlier = from_mapping(yaml.safe_load(path.read_text(encoding="utf-8")), str(path))
    settled = threads or earlier.training.threads
    recipe = dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, threads=settled))
    free = FREE_KEYS | {f"compare.{key}" for key in ("losses", "seeds", "resamples", "level", "jobs")}
    changed = {
        key
        for key in set(differences(to_mapping(earlier), to_mapping(recipe))) - free
        if not key.startswith("diarization")
    }
    if changed:
        raise InputError(
            f"{root} holds a comparison with another {', '.join(sorted(changed))}: "
            "choose another folder, or give the recipe it was started with"
        )
    before = {_label(candidate): candidate for candidate in candidates(earlier.compare)}
    now = {_label(candidate): candidate for candidate in candidates(recipe.compare)}
    for label in before.keys() & now.keys():
        if before[label] != now[label]:
            raise InputError(
                f"{root} already compared an objective {label!r} with other options: give this one another label"
            )
    losses: list[str | Candidate] = [*(before | now).values()]
    return dataclasses.replace(recipe, compare=dataclasses.replace(recipe.compare, losses=losses))


def _checked_subsets(common: Recipe, wanted: Sequence[Candidate], plan: ComparisonPlan) -> Subsets:
    """The data, after every objective has been built and its batches drawn once: errors come before any training."""
    subsets = select(common)
    alone = ProcessGroup(0, 1, torch.device("cpu"))
    for candidate in wanted:
        for options in _corners(candidate):
            named = final_recipe(common, candidate, Setting(1.0, options), 0)
            refuse_unused_labels(named)
            objective = create_objective(named, subsets, alone)
            batches_for(named, objective, subsets)
        if plan.tuning_settings > 1:
            steps = plan.tuning_steps or common.training.steps
            create_objective(tuning_recipe(common, candidate, Setting(1.0, candidate.options), steps), subsets, alone)
    if subsets.development is not None:
        pairs_of(subsets.development, common.data.development_seed)
        _open_all(subsets.development)
    _open_all(_test(subsets))
    return subsets


def _open_all(table: UtteranceTable) -> None:
    """Read the header of every recording: one that cannot be opened must not be found after the training."""
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(info, sorted(set(table.paths))):
            pass


def _corners(candidate: Candidate) -> list[dict[str, Any]]:
    """The options as given, and each value that the search may draw on its own: enough to find a bad one."""
    single = [{option: value} for option, values in (candidate.search or {}).items() for value in values]
    return [candidate.options, *(candidate.options | one for one in single)]


def _search(
    pool: RunPool,
    stage: Stage,
    common: Recipe,
    wanted: Sequence[Candidate],
    plan: ComparisonPlan,
    root: Path,
) -> dict[str, list[tuple[Setting, float | None]]]:
    """Every objective's settings with their development error; none where a run diverged."""
    settings = {_label(candidate): settings_of(candidate, plan) for candidate in wanted}
    if all(len(one) == 1 for one in settings.values()):
        return {label: [(one[0], 1.0)] for label, one in settings.items()}
    if common.data.development is None and not common.data.development_speakers:
        raise InputError(
            "a search needs development speakers: set data.development_speakers, or compare.tuning_settings: 1"
        )
    steps = plan.tuning_steps or common.training.steps
    recipes = {
        _tuning_folder(root, candidate, number): tuning_recipe(common, candidate, setting, steps)
        for candidate in wanted
        for number, setting in enumerate(settings[_label(candidate)])
    }
    stage.begin("searching settings", len(recipes))
    results = pool.train_all(recipes)
    return {
        _label(candidate): [
            (setting, result.development_eer if result else None)
            for number, setting in enumerate(settings[_label(candidate)])
            for result in [results[_tuning_folder(root, candidate, number)]]
        ]
        for candidate in wanted
    }


def _train_final(
    pool: RunPool,
    stage: Stage,
    common: Recipe,
    wanted: Sequence[Candidate],
    chosen: dict[str, Setting],
    plan: ComparisonPlan,
    root: Path,
) -> dict[Path, TrainingResult | None]:
    # Seed by seed, so that an interrupted comparison has something to say about every objective.
    recipes = {
        _final_folder(root, candidate, common.seed + run): final_recipe(
            common, candidate, chosen[_label(candidate)], run
        )
        for run in range(plan.seeds)
        for candidate in wanted
        if _label(candidate) in chosen
    }
    stage.begin("training", len(recipes))
    return pool.train_all(recipes)


def _collect(
    common: Recipe,
    candidate: Candidate,
    setting: Setting,
    tried: Sequence[tuple[Setting, float | None]],
    results: dict[Path, TrainingResult],
    plan: ComparisonPlan,
    root: Path,
) -> ObjectiveRuns:
    seeds = [common.seed + run for run in range(plan.seeds)]
    folders = [_final_folder(root, candidate, seed) for seed in seeds]
    tuning = [_tuning_folder(root, candidate, number) for number in range(len(tried))]
    searched = [result for result in map(read_result, tuning) if result]
    return ObjectiveRuns(
        label=_label(candidate),
        loss=registered_name(candidate),
        options=describe_setting(setting),
        seeds=seeds,
        folders=folders,
        results=[results[path] for path in folders],
        tuning=[describe_setting(one) | {"development_eer": error} for one, error in tried] if len(tried) > 1 else [],
        tuning_seconds=sum(result.seconds for result in searched),
    )


def _test(subsets: Subsets) -> Any:
    assert subsets.test is not None
    return subsets.test


def _label(candidate: Candidate) -> str:
    return candidate.label or registered_name(candidate)


def _final_folder(root: Path, candidate: Candidate, seed: int) -> Path:
    return root / "runs" / _label(candidate) / f"seed-{seed}"


def _tuning_folder(root: Path, candidate: Candidate, number: int) -> Path:
    return root / "runs" / _label(candidate) / f"tuning-{number}"
