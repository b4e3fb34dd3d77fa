from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from voxmetric.errors import InputError
from voxmetric.training.log import read_log
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.trainer import LOG, TrainingResult, train

WEIGHTS = "model.safetensors"


def _weights(recipe: dict[str, Any], folder: Path, **plan: Any) -> dict[str, torch.Tensor]:
    train(from_mapping(recipe | {"training": recipe["training"] | plan}), folder)
    return load_file(folder / WEIGHTS)


def test_the_model_has_the_mean_of_the_last_weights(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    # With a constant rate the weights after n updates are those that a run of n updates ends with.
    ends = [_weights(tiny_recipe, tmp_path / str(last), steps=last) for last in (9, 10, 11, 12)]
    averaged = _weights(tiny_recipe, tmp_path / "averaged", average_from_step=9)
    for name, found in averaged.items():
        if found.is_floating_point():
            torch.testing.assert_close(found, torch.stack([end[name] for end in ends]).mean(0), msg=name)
        else:
            assert torch.equal(found, ends[-1][name]), name
    moved = [name for name, found in averaged.items() if not torch.equal(found, ends[-1][name])]
    assert any("running_var" in name for name in moved)
    assert any(name.endswith("weight") for name in moved)


def test_looks_on_the_way_are_at_the_mean_too(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    # The look at the end of the shorter run is at the same weights as the one on the way of the longer.
    plan = {"evaluate_every": 10, "average_from_step": 6}
    _weights(tiny_recipe, tmp_path / "short", **plan, steps=10)
    _weights(tiny_recipe, tmp_path / "long", **plan, steps=12)
    looks = [
        [record for record in read_log(tmp_path / name / LOG) if "development_eer" in record]
        for name in ("short", "long")
    ]
    assert [look["step"] for look in looks[1]] == [10, 12]
    assert looks[1][0] == looks[0][0]
    assert looks[1][1]["development_deviation"] != looks[0][0]["development_deviation"]


def test_an_interrupted_average_goes_on(
    tiny_recipe: dict[str, Any],
    tmp_path: Path,
    train_in_parts: Callable[[Recipe, Path, int], tuple[TrainingResult, int]],
) -> None:
    tiny_recipe["training"]["average_from_step"] = 5
    recipe = from_mapping(tiny_recipe)
    whole = train(recipe, tmp_path / "whole")
    resumed, resumed_from = train_in_parts(recipe, tmp_path / "parts", 10)
    assert resumed_from == 10  # the checkpoint after nine updates holds a mean of five
    assert resumed.fingerprint == whole.fingerprint


def test_the_averaged_weights_are_the_teachers_where_the_teacher_is_wanted(
    tiny_recipe: dict[str, Any], tmp_path: Path
) -> None:
    tiny_recipe |= {"method": {"name": "byol", "weights": "teacher"}}
    ends = [_weights(tiny_recipe, tmp_path / str(last), steps=last) for last in (1, 2)]
    # The momentum's rise depends on the number of steps, so that only the first of two updates can be compared.
    averaged = _weights(tiny_recipe, tmp_path / "averaged", steps=2, average_from_step=2)
    assert averaged.keys() == ends[1].keys()
    assert all(torch.equal(averaged[name], end) for name, end in ends[1].items())


def test_an_average_that_would_never_begin_is_refused(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["training"]["average_from_step"] = 13
    with pytest.raises(InputError, match=r"average_from_step \(13\) is beyond training\.steps \(12\)"):
        from_mapping(tiny_recipe)
