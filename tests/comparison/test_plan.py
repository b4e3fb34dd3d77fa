from __future__ import annotations

import dataclasses

import pytest

from voxmetric.comparison.plan import (
    any_finished,
    candidates,
    choose,
    common_recipe,
    final_recipe,
    settings_of,
    tuning_recipe,
)
from voxmetric.comparison.search import DEFAULT_SEARCH, Setting
from voxmetric.errors import InputError
from voxmetric.losses import losses
from voxmetric.training.recipe import Candidate, ComparisonPlan, FineTuning, MarginSchedule, Positives
from voxmetric.training.recipe_file import differences, from_mapping, to_mapping

RECIPE = from_mapping(
    {
        "data": {"table": "t.csv"},
        "training": {"steps": 100},
        "schedule": {"name": "cosine", "warmup_steps": 20},
        "margin_schedule": {"start_step": 10, "end_step": 50},
    }
)


def test_every_default_search_names_options_that_its_loss_has() -> None:
    for name, search in DEFAULT_SEARCH.items():
        assert set(search) <= set(losses.options(name)), name


def test_labels_default_to_names_and_must_differ() -> None:
    (one,) = candidates(ComparisonPlan(losses=["softmax"]))
    assert one.label == "softmax"
    with pytest.raises(InputError, match="two objectives are called 'softmax'"):
        candidates(ComparisonPlan(losses=["softmax", Candidate("triplet", label="softmax")]))
    with pytest.raises(InputError, match="unknown loss 'sofmax': did you mean 'softmax'"):
        candidates(ComparisonPlan(losses=["sofmax"]))


@pytest.mark.parametrize("label", ["../up", "a/b", ".hidden", " ", ""])
def test_labels_name_folders(label: str) -> None:
    with pytest.raises(InputError, match="a label names a folder"):
        candidates(ComparisonPlan(losses=[Candidate("softmax", label=label or "/")]))


def test_jobs_share_loaders_and_memory() -> None:
    common = common_recipe(RECIPE, jobs=4)
    assert common.data.cache_megabytes == RECIPE.data.cache_megabytes // 4
    assert common.training.workers >= 1


def test_given_options_are_not_searched() -> None:
    (one,) = candidates(ComparisonPlan(losses=[Candidate("aam_softmax", options={"margin": 0.25})]))
    assert "margin" not in (one.search or {})
    assert all(setting.options["margin"] == 0.25 for setting in settings_of(one, ComparisonPlan()))


def test_every_objective_gets_as_many_settings() -> None:
    plan = ComparisonPlan(losses=["softmax", "aam_softmax", "prototypical", "triplet"])
    assert {len(settings_of(one, plan)) for one in candidates(plan)} == {plan.tuning_settings}


def test_objectives_differ_in_loss_options_and_rate_alone() -> None:
    common = common_recipe(RECIPE, jobs=1)
    assert common.batches.kind == "speakers"
    runs = [
        final_recipe(common, candidate, Setting(2.0, {}), run=1)
        for candidate in candidates(ComparisonPlan(losses=["softmax", "ge2e"]))
    ]
    assert differences(to_mapping(runs[0]), to_mapping(runs[1])) == ["loss.name", "name"]
    assert runs[0].seed == RECIPE.seed + 1
    assert runs[0].optimizer.learning_rate == 2 * RECIPE.optimizer.learning_rate


def test_tuning_runs_are_shorter_with_schedules_to_scale_and_a_seed_of_their_own() -> None:
    (candidate,) = candidates(ComparisonPlan(losses=["softmax"]))
    tuning = tuning_recipe(common_recipe(RECIPE, jobs=1), candidate, Setting(), steps=50)
    assert tuning.training.steps == 50
    assert tuning.schedule.warmup_steps == 10
    assert tuning.margin_schedule == MarginSchedule(start_step=5, end_step=25)
    assert tuning.seed not in range(RECIPE.seed, RECIPE.seed + 1000)


def test_weights_are_averaged_over_the_same_share_of_a_shorter_tuning_run() -> None:
    (candidate,) = candidates(ComparisonPlan(losses=["softmax"]))
    assert RECIPE.training.steps == 100
    for steps, full, shortened in ((50, 1, 1), (50, 51, 26), (50, 100, 50), (7, 100, 7), (50, None, None)):
        training = dataclasses.replace(RECIPE.training, average_from_step=full)
        common = common_recipe(dataclasses.replace(RECIPE, training=training), jobs=1)
        tuning = tuning_recipe(common, candidate, Setting(), steps=steps)
        assert tuning.training.average_from_step == shortened
        assert final_recipe(common, candidate, Setting(), 0).training.average_from_step == full


def test_what_is_not_trained_averages_nothing_and_is_a_recipe_that_can_be_read_again() -> None:
    training = dataclasses.replace(RECIPE.training, average_from_step=60)
    common = common_recipe(dataclasses.replace(RECIPE, training=training), jobs=1)
    (candidate,) = candidates(ComparisonPlan(losses=["untrained"]))
    for run in (
        final_recipe(common, candidate, Setting(), 0),
        tuning_recipe(common, candidate, Setting(), steps=50),
    ):
        assert from_mapping(to_mapping(run)) == run
        assert run.training.steps == 0


def test_stages_are_unfrozen_earlier_in_a_shorter_tuning_run_but_not_at_once() -> None:
    (candidate,) = candidates(ComparisonPlan(losses=["softmax"]))
    for full, shortened in ((10, 5), (1, 1), (0, 0)):
        choice = FineTuning(model="base", frozen=["encoder"], unfreeze_at_step=full)
        recipe = dataclasses.replace(RECIPE, fine_tuning=choice)
        tuning = tuning_recipe(common_recipe(recipe, jobs=1), candidate, Setting(), steps=RECIPE.training.steps // 2)
        assert tuning.fine_tuning == dataclasses.replace(choice, unfreeze_at_step=shortened)


def test_the_lowest_development_error_is_chosen_and_divergence_never() -> None:
    one, other, diverged = Setting(1.0), Setting(0.3), Setting(3.0)
    assert choose([(one, 0.2), (other, 0.1), (diverged, None)]) == other
    assert choose([(one, 0.1), (other, 0.1)]) == one
    assert any_finished([(one, 0.1), (diverged, None)])
    assert not any_finished([(diverged, None)])


def test_an_objective_may_start_from_random_weights_where_the_others_start_from_a_model() -> None:
    recipe = dataclasses.replace(RECIPE, fine_tuning=FineTuning(model="base", frozen=["trunk"], unfreeze_at_step=10))
    common = common_recipe(recipe, jobs=1)
    plan = ComparisonPlan(losses=["softmax", Candidate("softmax", label="fresh", start="random")])
    tuned, fresh = candidates(plan)
    for make in (
        lambda one: final_recipe(common, one, Setting(), 0),
        lambda one: tuning_recipe(common, one, Setting(), 50),
    ):
        assert make(tuned).fine_tuning.model == "base"
        assert make(fresh).fine_tuning == FineTuning()
        assert make(fresh).encoder == make(tuned).encoder


def test_positives_are_an_objectives_own_and_start_earlier_in_a_shorter_run() -> None:
    own = Positives(kind="clusters", start_epoch=10, clusters=5)
    common = common_recipe(dataclasses.replace(RECIPE, positives=Positives(kind="neighbours")), jobs=1)
    plan = ComparisonPlan(losses=[Candidate(method="simclr"), Candidate(method="moco", positives=own)])
    simclr, moco = candidates(plan)
    assert final_recipe(common, simclr, Setting(), 0).positives == common.positives
    assert final_recipe(common, moco, Setting(), 0).positives == own
    tuning = tuning_recipe(common, moco, Setting(), steps=25)
    assert tuning.positives == dataclasses.replace(own, start_epoch=2)
