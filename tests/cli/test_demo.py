"""The demonstration up to its comparison, which has tests of its own: data, recipe, and what is said next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmetric.cli import compare as compare_verb
from voxmetric.cli import demo as demo_module
from voxmetric.cli.demo import demo
from voxmetric.comparison import compare as comparison_module
from voxmetric.data.utterances import UtteranceTable
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import read_recipe
from voxmetric.training.subsets import select


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that reach the comparison, which is not run."""
    recipes: list[Recipe] = []
    monkeypatch.setattr(comparison_module, "compare", lambda recipe, *_: recipes.append(recipe))
    monkeypatch.setattr(compare_verb, "show", lambda *_, **__: None)
    monkeypatch.setattr(demo_module, "SPEAKERS", 14)
    monkeypatch.setattr(demo_module, "UTTERANCES", 3)
    return recipes


def test_made_voices_are_marked_and_split_by_speaker(
    compared: list[Recipe], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo(output=tmp_path, quiet=True)
    (recipe,) = compared
    assert "synthetic" in recipe.name
    subsets = select(recipe)
    assert subsets.test is not None
    assert set(subsets.test.column("corpus")) == {"synthetic"}
    assert recipe.batches.size == 2 * len(subsets.speakers)
    assert read_recipe(tmp_path / "recipe.yaml") == recipe
    assert "voxmetric demo --data" in capsys.readouterr().out


def test_own_recordings_are_prepared_and_split(
    compared: list[Recipe], tiny_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "recordings"
    table = UtteranceTable.read(tiny_corpus)
    for path, speaker in zip(table.paths, table.speakers, strict=True):
        folder = source / speaker
        folder.mkdir(parents=True, exist_ok=True)
        (folder / Path(path).name).write_bytes(Path(path).read_bytes())
    demo(data=source, output=tmp_path / "out", quiet=True)
    (recipe,) = compared
    prepared = UtteranceTable.read(recipe.data.table)
    assert len(prepared) == len(table)
    assert set(prepared.splits) == {"train", "dev", "test"}
    assert recipe.name == "Objectives compared on recordings"
    said: Any = capsys.readouterr().out
    assert f"voxmetric compare {tmp_path / 'out' / 'recipe.yaml'} --losses triplet" in said
