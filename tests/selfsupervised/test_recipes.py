"""The published recipes without labels can be read, and their methods be built around their encoders."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric import encoders, selfsupervised
from voxmetric.audio import augmentation
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
NAMES = [
    "lepage_2023",
    "lepage_2024",
    "lepage_2024_moco",
    "byol",
    "simsiam",
    "barlow_twins",
    "vicreg",
    "w_mse",
]
UTTERANCES = {"voxceleb1": 148_642, "voxceleb2": 1_092_009}
EPOCHS = {"lepage_2023": 300, "lepage_2024": 150, "lepage_2024_moco": 150}


@pytest.fixture
def corpora(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("VOXCELEB", "MUSAN", "RIRS"):
        monkeypatch.setenv(name, str(tmp_path))


def read(name: str) -> Recipe:
    return read_recipe(RECIPES / f"{name}.yaml")


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("name", NAMES)
def test_method_fits_its_encoder(name: str) -> None:
    recipe = read(name)
    assert recipe.method is not None
    choice = recipe.encoder
    encoder = encoders.create(choice.name, choice.embedding_size, choice.front_end, **choice.options)
    method = selfsupervised.create(recipe.method.name, encoder, **recipe.method.options)
    assert recipe.views.count == method.needs.global_views


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("name", NAMES)
def test_steps_are_whole_epochs(name: str) -> None:
    recipe = read(name)
    epoch = UTTERANCES[recipe.data.train["corpus"]] // recipe.batches.size
    assert recipe.training.steps == EPOCHS.get(name, 100) * epoch
    assert recipe.training.evaluate_every == epoch
    assert recipe.schedule.every % epoch == 0


@pytest.mark.usefixtures("corpora")
@pytest.mark.parametrize("name", NAMES)
def test_augmentations_have_these_names(name: str) -> None:
    room, noise = read(name).augmentation
    names = [room["name"], noise["name"], *(part["name"] for part in noise["parts"])]
    assert set(names) <= set(augmentation.available())


@pytest.mark.usefixtures("corpora")
def test_larger_encoder_of_2023_has_the_published_size() -> None:
    choice = read("lepage_2023").encoder
    encoder = encoders.create(choice.name, choice.embedding_size, choice.front_end, **choice.options)
    assert encoder.num_parameters == pytest.approx(7.05e6, rel=1e-3)
