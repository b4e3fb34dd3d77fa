"""Methods without labels beside losses with them, and the untrained encoder, in one comparison."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from voxmetric.comparison.compare import compare
from voxmetric.comparison.plan import candidates, common_recipe, final_recipe, recordings_in_batch, tuning_recipe
from voxmetric.comparison.search import Setting
from voxmetric.errors import InputError
from voxmetric.training.recipe import ComparisonPlan, Recipe, Views
from voxmetric.training.recipe_file import from_mapping, to_mapping

METHODS: list[Any] = [
    {"method": "simclr", "options": {"temperature": 0.2}},
    {"method": "simclr", "label": "simclr with margin", "options": {"temperature": 0.2, "margin": 0.4}},
]


def recipe_over(table: Path, losses: list[Any], **compare_keys: Any) -> Recipe:
    return from_mapping(
        {
            "name": "labels or none",
            "data": {
                "table": str(table),
                "train": {"split": "train"},
                "development_speakers": 3,
                "test": {"split": "test"},
                "crop_seconds": 0.4,
            },
            "encoder": {
                "name": "x_vector",
                "embedding_size": 16,
                "front_end": {"name": "log_mel", "normalization": "none"},
                "options": {"channels": [16, 16, 16, 16, 24]},
            },
            "batches": {"size": 12},
            "training": {"steps": 6, "evaluate_every": 3, "workers": 0, "precision": "float32"},
            "compare": {"losses": losses, "seeds": 1, "tuning_settings": 1, "jobs": 1} | compare_keys,
        }
    )


def test_ceiling_methods_and_floor_in_one_report(tiny_corpus: Path, tmp_path: Path) -> None:
    search = {"method": "simclr", "label": "searched", "search": {"temperature": [0.1, 0.3]}}
    losses = ["softmax", *METHODS, search, "untrained"]
    comparison = compare(recipe_over(tiny_corpus, losses, tuning_settings=2, tuning_steps=2), tmp_path)
    found = {one.name: one for one in comparison.objectives}
    assert set(found) == {"softmax", "simclr", "simclr with margin", "searched", "untrained"}
    assert found["simclr with margin"].loss == "simclr"
    assert ["temperature" in setting for setting in found["searched"].tuning] == [False, True]
    assert found["untrained"].tuning == []
    assert found["untrained"].cost.loss_parameters == 0
    assert found["untrained"].curves[0].steps == []
    assert found["untrained"].curves[0].eer_steps == [0]
    weights = [one.weights_sha256 for one in comparison.objectives]
    assert len({tuple(one) for one in weights}) == len(weights)
    assert any(
        note.startswith("simclr uses no labels: an update sees 6 recordings in 2 views") for note in comparison.notes
    )
    trained = yaml.safe_load((tmp_path / "runs" / "simclr" / "seed-0" / "recipe.yaml").read_text())
    assert trained["batches"]["size"] == 6
    assert trained["training"]["steps"] == 6
    assert "untrained" in (tmp_path / "report.html").read_text()


def test_a_method_sees_as_much_audio_as_a_loss(tiny_corpus: Path) -> None:
    recipe = recipe_over(tiny_corpus, METHODS)
    assert recordings_in_batch(recipe, Views()) == 6
    assert recordings_in_batch(recipe, Views(count=2, local_count=4, local_seconds=0.1)) == 4
    assert recordings_in_batch(recipe, Views(count=40)) == 1


def test_views_and_weights_are_a_candidates_own(tiny_corpus: Path) -> None:
    losses = [{"method": "dino", "views": {"local_count": 2, "local_seconds": 0.2}, "weights": "teacher"}, *METHODS]
    recipe = recipe_over(tiny_corpus, losses)
    common = common_recipe(recipe, jobs=1)
    dino, simclr, _ = (final_recipe(common, one, Setting(), 0) for one in candidates(recipe.compare))
    assert dino.views.local_count == 2
    assert dino.method is not None
    assert (dino.method.name, dino.method.weights) == ("dino", "teacher")
    assert simclr.views == recipe.views
    assert simclr.method is not None
    assert simclr.method.weights == "student"
    assert simclr.batches.kind == "shuffled"
    assert from_mapping(to_mapping(dino)) == dino  # a run's recipe can be trained by itself


def test_the_floor_stays_untrained_in_the_search(tiny_corpus: Path) -> None:
    recipe = recipe_over(tiny_corpus, ["untrained"])
    (floor,) = candidates(recipe.compare)
    assert tuning_recipe(common_recipe(recipe, jobs=1), floor, Setting(), steps=50).training.steps == 0


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ([{"method": "simclear"}], "unknown self-supervised method 'simclear': did you mean 'simclr'"),
        ([{"method": "simclr", "name": "softmax"}], "either a name .* or a method"),
        ([{"label": "nothing"}], "either a name .* or a method"),
        ([{"name": "untrained", "options": {"margin": 1}}], "takes neither options nor a search"),
        ([METHODS[0], METHODS[0]], "two objectives are called 'simclr'"),
        ([{"method": "simclr", "options": {"margni": 1}}], "did you mean 'margin'"),
        ([{"method": "simclr", "views": {"local_count": 2}}], "no use for shorter views"),
        ([{"method": "simclr", "weights": "teacher"}], "no slow copy"),
        ([{"method": "simclr", "positives": {"kind": "clusters", "clusters": 5}}], "start_epoch is 100, but"),
    ],
)
def test_errors_come_before_any_training(tiny_corpus: Path, tmp_path: Path, losses: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(recipe_over(tiny_corpus, losses), tmp_path)
    assert not (tmp_path / "runs").exists()


def test_plain_names_are_losses() -> None:
    # `moco` is the name of a loss and of a method.
    (moco,) = candidates(ComparisonPlan(losses=["moco"]))
    assert (moco.name, moco.method) == ("moco", None)


def test_a_share_of_the_labels_is_refused_where_none_is_used(tiny_corpus: Path, tmp_path: Path) -> None:
    recipe = recipe_over(tiny_corpus, [METHODS[0], "softmax"])
    shared = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, labelled_share=0.5))
    with pytest.raises(InputError, match=r"labelled_share is 0\.5, but training without labels uses none"):
        compare(shared, tmp_path)
    assert not (tmp_path / "runs").exists()


def test_a_search_too_short_for_a_method_is_refused_before_it_begins(tiny_corpus: Path, tmp_path: Path) -> None:
    options = {"projector_sizes": [8, 4], "prototypes": [3]}
    losses = [{"method": "deepcluster", "options": options, "search": {"temperature": [0.1, 0.2]}}]
    with pytest.raises(InputError, match=r"moves no weight .* training\.steps is 2"):
        compare(recipe_over(tiny_corpus, losses, tuning_settings=2, tuning_steps=2), tmp_path)
    assert not (tmp_path / "runs").exists()
