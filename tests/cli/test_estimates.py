"""The words and units of dry runs."""

from __future__ import annotations

import dataclasses

import pytest

from voxmetric.cli.estimates import described, described_comparison, duration, size
from voxmetric.comparison.estimate import ComparisonEstimate, ObjectiveEstimate
from voxmetric.training.estimate import Estimate
from voxmetric.training.recipe_file import from_mapping

TABLE = {"data": {"table": "utterances.csv"}}

FOUND = Estimate(
    num_speakers=1211,
    num_utterances=148_642,
    hours=340.4,
    num_left_out=0,
    num_repeated=0,
    num_development=5000,
    num_test=4874,
    encoder_parameters=6_000_000,
    loss_parameters=232_512,
    weight_bytes=24 * 2**20,
    gradient_bytes=23 * 2**20,
    optimizer_bytes=48 * 2**20,
    activation_bytes=3 * 2**30,
    peak_bytes=4 * 2**30,
    cache_bytes=2**29,
    steps=50_000,
    batch_size=256,
    epochs=86.1,
    timed_steps=17,
    step_seconds=0.25,
    seconds=12_500.0,
    seconds_interval=(7_000.0, 15_000.0),
)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "0.2 seconds"), (119, "119.0 seconds"), (120, "2.0 minutes"), (2e5, "2.3 days")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(2048, "2 kB"), (3 * 2**20, "3.0 MB"), (2**30, "1.0 GB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_every_figure_stands_in_its_unit() -> None:
    recipe = from_mapping(TABLE | {"encoder": {"name": "ecapa_tdnn"}, "loss": {"name": "aam_softmax"}})
    assert list(described(recipe, FOUND)) == [
        "data    1,211 speakers, 148,642 utterances, 340.4 hours; 5,000 utterances for development, 4,874 for testing",
        "model   ecapa_tdnn with 6,000,000 weights, aam_softmax with 232,512",
        "memory  weights 24.0 MB, gradients 23.0 MB, optimiser 48.0 MB, activations at most 3.0 GB; at the peak 4.0 "
        "GB, and up to 512.0 MB of decoded recordings in the loader",
        "steps   50,000 of 256 crops: 86.1 passes over the utterances",
        "time    3.5 hours (116.7 minutes to 4.2 hours) at 0.25 s a step, the mean of 17; looks at the development "
        "speakers come on top",
    ]


def test_speakers_left_out_are_told() -> None:
    data, *_ = described(from_mapping(TABLE), dataclasses.replace(FOUND, num_left_out=1040))
    assert "340.4 hours, 1,040 speakers left out; 5,000 utterances" in data


def test_a_comparison_tells_searches_where_there_are_any() -> None:
    one = ObjectiveEstimate("am_softmax", tuning_runs=6, final_runs=3, updates=9000, seconds=2250.0, run=FOUND)
    other = dataclasses.replace(one, name="softmax", tuning_runs=0, updates=3000, seconds=750.0)
    assert list(described_comparison(ComparisonEstimate([one, other], jobs=2, seconds=1500.0))) == [
        "am_softmax: 3 runs, a search of 6, 9,000 updates at 0.25 s: 37.5 minutes; at the peak 4.0 GB",
        "softmax: 3 runs, 3,000 updates at 0.25 s: 12.5 minutes; at the peak 4.0 GB",
        "together 25.0 minutes with 2 runs at a time, if they do not slow each other down; embedding and testing come "
        "on top",
    ]
