"""How long a comparison takes, from a short run of each of its objectives."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from voxmetric.comparison.compare import number_of_jobs
from voxmetric.comparison.plan import UNTRAINED, candidates, common_recipe, final_recipe, settings_of
from voxmetric.comparison.search import Setting
from voxmetric.errors import InputError
from voxmetric.training.estimate import Estimate, estimate
from voxmetric.training.recipe import Candidate, ComparisonPlan, Recipe


@dataclass(frozen=True)
class ObjectiveEstimate:
    """What one objective takes.

    Attributes:
        name: label of the objective.
        tuning_runs: runs of the search.
        final_runs: runs that are reported.
        updates: of all of them together.
        seconds: of all of them together, one after the other.
        run: what one of the reported runs takes.
    """

    name: str
    tuning_runs: int
    final_runs: int
    updates: int
    seconds: float
    run: Estimate


@dataclass(frozen=True)
class ComparisonEstimate:
    """What a comparison takes.

    Attributes:
        objectives: those that are trained.
        jobs: runs at the same time.
        seconds: of training alone, if so many runs side by side do not slow each other down.
    """

    objectives: list[ObjectiveEstimate]
    jobs: int
    seconds: float


def estimate_comparison(recipe: Recipe) -> ComparisonEstimate:
    """Time some steps of each objective of `recipe.compare.losses`, with the threads that a run would have.

    Raises:
        InputError: as `compare`, and if nothing is to be compared.
    """
    plan = recipe.compare
    jobs = number_of_jobs(plan)
    threads = recipe.training.threads or max(1, (os.cpu_count() or 1) // jobs)
    common = common_recipe(
        dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, threads=threads)), jobs
    )
    trained = [candidate for candidate in candidates(plan) if candidate.name != UNTRAINED]
    if not trained:
        raise InputError("nothing to compare: name objectives in compare.losses or with --losses")
    objectives = [_objective(common, candidate, plan) for candidate in trained]
    return ComparisonEstimate(objectives, jobs, sum(one.seconds for one in objectives) / jobs)


def _objective(common: Recipe, candidate: Candidate, plan: ComparisonPlan) -> ObjectiveEstimate:
    run = estimate(final_recipe(common, candidate, Setting(1.0, candidate.options), 0))
    settings = len(settings_of(candidate, plan))
    tuning_runs = settings if settings > 1 else 0
    updates = tuning_runs * (plan.tuning_steps or run.steps) + plan.seeds * run.steps
    return ObjectiveEstimate(
        name=candidate.label or "",
        tuning_runs=tuning_runs,
        final_runs=plan.seeds,
        updates=updates,
        seconds=updates * run.step_seconds,
        run=run,
    )
