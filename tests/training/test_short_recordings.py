"""Recordings shorter than a crop, counted one by one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from voxmetric.data.speeds import with_speeds
from voxmetric.data.utterances import UtteranceTable
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.short_recordings import longest_crop, num_shorter, remark
from voxmetric.training.trainer import Progress, train


def table_of(durations: list[float | None]) -> UtteranceTable:
    ids = [str(place) for place in range(len(durations))]
    columns = {"id": ids, "path": ids, "speaker": ids, "duration": durations}
    return UtteranceTable.from_columns(columns, Path(), "made")


def test_counts_what_lasts_less_than_the_crop() -> None:
    table = table_of([0.5, 1.99, 1.9995, 2.0, 2.5, 0.25])
    assert num_shorter(table, 2.0) == 3  # what was rounded to 1.9995 is as long as the crop
    assert num_shorter(table, 0.25) == 0
    assert num_shorter(table, 3.0) == 6


def test_a_recording_played_faster_is_shorter() -> None:
    rng = np.random.default_rng(0)
    durations = rng.uniform(0.5, 4.0, 40)
    speeds = [0.8, 1.1]
    expected = sum(duration / speed < 2.0 for duration in durations for speed in [1.0, *speeds])
    assert num_shorter(with_speeds(table_of(durations.tolist()), speeds), 2.0) == expected


def test_the_longest_crop_is_of_the_views_that_are_taken(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["views"] = {"local_count": 2, "local_seconds": 0.75}
    tiny_recipe["batches"]["kind"] = "shuffled"
    labelled = from_mapping(tiny_recipe)
    assert longest_crop(labelled) == 0.5
    without = from_mapping(tiny_recipe | {"method": {"name": "dino"}})
    assert longest_crop(without) == 0.75
    assert longest_crop(dataclasses.replace(without, views=dataclasses.replace(without.views, local_count=0))) == 0.5


def test_the_remark_counts_both_and_is_empty_for_none() -> None:
    assert remark(0, 10, 2.0) == ""
    assert remark(3, 1200, 2.0).startswith(
        "3 of 1,200 training recordings are shorter than a crop of 2 s and are repeated"
    )


def test_training_says_so_at_every_update_and_in_its_result(tiny_recipe: dict[str, Any], tmp_path: Path) -> None:
    tiny_recipe["training"]["steps"] = 2
    for seconds, expected in ((0.5, 0), (1.0, 28)):  # the recordings last 0.8 s
        tiny_recipe["data"]["crop_seconds"] = seconds
        told: list[Progress] = []
        result = train(from_mapping(tiny_recipe), tmp_path / str(seconds), told.append)
        assert result.num_repeated == expected
        assert [one.remark for one in told] == [remark(expected, 28, seconds)] * 2
