"""The comparisons without labels, and with few, on one-second words: everything they name can be built."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from voxmetric import selfsupervised
from voxmetric.comparison.plan import UNTRAINED, candidates, common_recipe, final_recipe
from voxmetric.comparison.search import Setting
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.recipe import FineTuning, Recipe
from voxmetric.training.recipe_file import read_recipe
from voxmetric.training.self_supervision import create_self_supervision
from voxmetric.training.state import create_encoder

RECIPES = Path(__file__).parents[2] / "recipes"
RECORDINGS = 2618  # of Speech Commands v0.01 as the page of results has it, less 150 development speakers


def read(name: str, *overrides: str) -> Recipe:
    return read_recipe(RECIPES / f"{name}.yaml", overrides)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXMETRIC_DATA", "/data")


@pytest.mark.parametrize("name", ["commands_without_labels", "commands_methods_without_labels"])
def test_methods_can_be_built(name: str) -> None:
    recipe = read(name)
    common = common_recipe(recipe, jobs=1)
    for candidate in candidates(recipe.compare):
        run = final_recipe(common, candidate, Setting(1.0, candidate.options), 0)
        if run.method is not None:
            group = ProcessGroup(0, 1, torch.device("cpu"))
            create_self_supervision(run, run.method, create_encoder(run), RECORDINGS, group)


def test_every_method_is_compared() -> None:
    compared = {
        candidate.method
        for name in ("commands_without_labels", "commands_methods_without_labels")
        for candidate in candidates(read(name).compare)
    }
    assert compared - {None} == selfsupervised.available().keys()


def test_few_labels_are_compared_from_a_model_and_from_random_weights() -> None:
    recipe = read("commands_few_labels", "fine_tuning={}")
    starts = {candidate.label: candidate.start for candidate in candidates(recipe.compare)}
    assert list(starts.values()) == ["recipe", "recipe", "random"]
    assert candidates(recipe.compare)[0].name == UNTRAINED
    assert recipe.fine_tuning == FineTuning()
    assert recipe.data.labelled_share == 0.1


def test_pseudo_labels_start_from_a_model() -> None:
    recipe = read("commands_pseudo_labels")
    assert recipe.pseudo_labels is not None
    assert recipe.pseudo_labels.clusters < RECORDINGS
    assert recipe.method is None
