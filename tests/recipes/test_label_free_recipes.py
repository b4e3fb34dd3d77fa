"""The recipes of methods that cluster or distil: their numbers, and that the parts they name fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric import encoders, selfsupervised
from voxmetric.selfsupervised import positives
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
RECORDINGS = 1_092_009  # of VoxCeleb 2's development part


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOXCELEB", "MUSAN", "RIRS"):
        monkeypatch.setenv(name, f"/{name.lower()}")


def read(name: str) -> Recipe:
    return read_recipe(RECIPES / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "epochs"), [("swav", 100), ("deepcluster", 100), ("dino", 80), ("ssps", 110), ("pseudo_labels", 30)]
)
def test_steps_are_whole_epochs_of_voxceleb(name: str, epochs: int) -> None:
    recipe = read(name)
    epoch = RECORDINGS // recipe.batches.size
    assert recipe.training.steps == epochs * epoch
    assert recipe.training.evaluate_every == epoch
    if recipe.schedule.name == "step":
        assert recipe.schedule.every == 5 * epoch


@pytest.mark.parametrize("name", ["swav", "deepcluster", "dino", "ssps"])
def test_methods_and_their_encoders_can_be_built(name: str) -> None:
    recipe = read(name)
    choice, method = recipe.encoder, recipe.method
    assert method is not None
    encoder = encoders.create(choice.name, choice.embedding_size, choice.front_end, **choice.options)
    assert encoder.embedding_size == 512
    built = selfsupervised.create(method.name, encoder, num_recordings=10_000, **method.options)
    assert recipe.views.local_count == 0 or built.needs.local_views
    assert (built.teacher() is not None) or method.weights == "student"


def test_bootstrapped_positives_can_be_built() -> None:
    choice = read("ssps").positives
    made = positives.create(
        choice.kind,
        num_recordings=30_000,
        embedding_size=8,
        projection_size=8,
        seed=0,
        start_epoch=choice.start_epoch,
        clusters=choice.clusters,
        nearest=choice.nearest,
        neighbours=choice.neighbours,
    )
    assert made is not None


def test_pseudo_labels_start_from_the_model_of_another_recipe() -> None:
    plan = read("pseudo_labels").pseudo_labels
    assert plan is not None
    assert Path(str(plan.model)).name == "dino"
    assert plan.first_clusters > plan.clusters
