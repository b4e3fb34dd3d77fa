"""What a comparison is said to take, against counting its runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxmetric.comparison.estimate import estimate_comparison
from voxmetric.errors import InputError
from voxmetric.training import estimate
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping


def recipe_with(tiny_corpus: Path, **compare: object) -> Recipe:
    return from_mapping(
        {
            "data": {
                "table": str(tiny_corpus),
                "test": {"split": "test"},
                "development_speakers": 3,
                "crop_seconds": 0.5,
            },
            "encoder": {"name": "x_vector", "embedding_size": 8, "options": {"channels": [8, 8, 8, 8, 16]}},
            "batches": {"size": 8},
            "training": {"steps": 100, "workers": 0, "threads": 1},
            "compare": compare,
        }
    )


def test_runs_and_updates_add_up(tiny_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "ENOUGH_SECONDS", 0.0)
    plan = {"losses": ["softmax", "triplet"], "seeds": 2, "tuning_settings": 3, "tuning_steps": 10, "jobs": 2}
    found = estimate_comparison(recipe_with(tiny_corpus, **plan))
    assert [one.name for one in found.objectives] == ["softmax", "triplet"]
    for one in found.objectives:
        assert (one.tuning_runs, one.final_runs, one.updates) == (3, 2, 3 * 10 + 2 * 100)
        assert one.seconds == pytest.approx(230 * one.run.step_seconds)
    assert found.seconds == pytest.approx(sum(one.seconds for one in found.objectives) / 2)
    alone = estimate_comparison(recipe_with(tiny_corpus, **plan | {"losses": ["softmax"], "tuning_settings": 1}))
    assert (alone.objectives[0].tuning_runs, alone.objectives[0].updates) == (0, 200)


def test_nothing_to_compare_is_an_error(tiny_corpus: Path) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        estimate_comparison(recipe_with(tiny_corpus))
