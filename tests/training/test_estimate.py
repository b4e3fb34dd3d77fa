"""What a dry run counts, against counting by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmetric.errors import InputError
from voxmetric.training import estimate as module
from voxmetric.training.estimate import estimate
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.state import create_encoder, create_loss


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENOUGH_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("optimizer", "kept"),
    [({"name": "adam"}, 2), ({"name": "sgd", "momentum": 0.9}, 1), ({"name": "sgd", "momentum": 0}, 0)],
)
def test_data_parameters_and_steps(tiny_recipe: dict[str, Any], optimizer: dict[str, Any], kept: int) -> None:
    tiny_recipe |= {"optimizer": optimizer, "loss": {"name": "softmax"}}
    tiny_recipe["training"]["steps"] = 700
    recipe = from_mapping(tiny_recipe)
    found = estimate(recipe)
    assert (found.num_speakers, found.num_utterances, found.num_left_out) == (7, 28, 0)
    assert (found.num_development, found.num_test) == (12, 24)
    assert found.hours == pytest.approx(28 * 0.8 / 3600)
    encoder = sum(one.numel() for one in create_encoder(recipe).parameters())
    loss = sum(one.numel() for one in create_loss(recipe, 7).parameters())
    assert (found.encoder_parameters, found.loss_parameters) == (encoder, loss)
    assert found.weight_bytes == found.gradient_bytes == 4 * (encoder + loss)
    assert found.optimizer_bytes == kept * found.weight_bytes
    assert found.peak_bytes > found.activation_bytes >= 0
    assert found.cache_bytes == 512 * 2**20
    assert (found.steps, found.batch_size) == (700, 8)
    assert found.epochs == pytest.approx(700 / (28 // 8))
    assert found.timed_steps == module.FEWEST_STEPS - 1 - (module.FEWEST_STEPS - 1) // 3
    low, high = found.seconds_interval
    assert 0 <= low <= found.seconds <= high
    assert found.seconds == pytest.approx(700 * found.step_seconds)


def test_a_recipe_shorter_than_the_dry_run_is_estimated_too(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["training"]["steps"] = 1
    found = estimate(from_mapping(tiny_recipe))
    assert found.seconds == found.step_seconds


def test_nothing_is_left_behind(tiny_recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    tiny_recipe["training"]["tensorboard"] = True
    estimate(from_mapping(tiny_recipe))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("missing", "message"), [("table", "no such file"), ("recordings", "can be read|could not be read")]
)
def test_missing_data_is_an_error(
    tiny_recipe: dict[str, Any], tiny_corpus: Path, tmp_path: Path, missing: str, message: str
) -> None:
    table = tmp_path / "moved.csv"
    if missing == "recordings":
        table.write_text(tiny_corpus.read_text())  # without the recordings beside it
    tiny_recipe["data"]["table"] = str(table)
    with pytest.raises(InputError, match=message):
        estimate(from_mapping(tiny_recipe))


def test_several_processes_are_refused(tiny_recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="without torchrun"):
        estimate(from_mapping(tiny_recipe))
