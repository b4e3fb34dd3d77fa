from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.training import subsets
from voxmetric.training.recipe import Data, Recipe
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.subsets import pairs_of, select


def test_parts_share_no_speaker_and_labels_point_to_names(tiny_recipe: dict[str, Any]) -> None:
    chosen = select(from_mapping(tiny_recipe))
    assert chosen.development is not None
    assert chosen.test is not None
    parts = [set(table.speakers) for table in (chosen.train, chosen.development, chosen.test)]
    assert [len(part) for part in parts] == [7, 3, 6]
    assert len(set.union(*parts)) == 16
    assert (chosen.speakers[chosen.labels] == chosen.train.speakers).all()


def test_development_speakers_are_those_of_their_own_seed(tiny_recipe: dict[str, Any]) -> None:
    recipe = from_mapping(tiny_recipe)

    def drawn(**changes: int) -> list[str]:
        data = dataclasses.replace(recipe.data, development_seed=changes.get("development_seed", 0))
        other = dataclasses.replace(recipe, data=data, seed=changes.get("seed", 0))
        development = select(other).development
        assert development is not None
        return sorted(set(development.speakers))

    assert drawn() == drawn(seed=5)
    assert any(drawn() != drawn(development_seed=seed) for seed in range(1, 5))


def test_too_many_development_speakers(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["data"]["development_speakers"] = 10
    with pytest.raises(InputError, match=r"development_speakers is 10, but only 10 of 10"):
        select(from_mapping(tiny_recipe))


def test_speakers_with_too_few_utterances_are_counted(tiny_recipe: dict[str, Any], tiny_corpus: Path) -> None:
    lines = [line for line in tiny_corpus.read_text().splitlines() if not line.startswith(("s01-3", "s02-3"))]
    table = tiny_corpus.parent / "fewer.csv"
    table.write_text("\n".join(lines) + "\n")
    tiny_recipe["data"] |= {"table": str(table), "minimum_utterances": 4, "development_speakers": 0}
    chosen = select(from_mapping(tiny_recipe))
    assert chosen.num_left_out == 2
    assert "s01" not in chosen.speakers
    tiny_recipe["data"]["minimum_utterances"] = 5
    with pytest.raises(InputError, match=r"no training speaker has 5 utterances \(the most is 4\)"):
        select(from_mapping(tiny_recipe))


def test_many_utterances_give_a_balanced_draw(tiny_recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    test = select(from_mapping(tiny_recipe)).test
    assert test is not None
    assert len(pairs_of(test, 0)) == 24 * 23 // 2
    monkeypatch.setattr(subsets, "MAXIMUM_FOR_ALL_PAIRS", 10)
    monkeypatch.setattr(subsets, "DRAWN_TRIALS", 40)
    trials = pairs_of(test, 0)
    assert np.bincount(trials.labels).tolist() == [20, 20]


def test_a_share_of_the_labels_leaves_development_and_test_whole(tiny_recipe: dict[str, Any]) -> None:
    whole = select(from_mapping(tiny_recipe))
    tiny_recipe["data"]["labelled_share"] = 0.5
    part = select(from_mapping(tiny_recipe))
    assert len(part.speakers) == 4  # half of 7, rounded
    assert set(part.speakers) < set(whole.speakers)
    assert (part.speakers[part.labels] == part.train.speakers).all()
    for table, other in [(part.development, whole.development), (part.test, whole.test)]:
        assert table is not None
        assert other is not None
        assert table.sha256 == other.sha256


def test_a_share_of_the_labels_is_of_no_use_without_labels(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["data"]["labelled_share"] = 0.5
    tiny_recipe["method"] = {"name": "simclr"}
    with pytest.raises(InputError, match=r"labelled_share is 0\.5"):
        select(from_mapping(tiny_recipe))


def test_pseudo_labels_have_no_speakers_yet(tiny_recipe: dict[str, Any]) -> None:
    tiny_recipe["pseudo_labels"] = {"clusters": 4}
    with pytest.raises(InputError, match="round after round"):
        select(from_mapping(tiny_recipe))


def test_long_utterances_are_cut_and_speakers_return_at_other_speeds(tmp_path: Path) -> None:
    lines = ["id,path,speaker,duration,split"]
    lines += [f"u{number},u{number}.wav,s{number},7.0,train" for number in range(4)]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    data = Data(str(tmp_path / "table.csv"), piece_seconds=2.0, speeds=[0.9], development_speakers=1)
    subsets = select(Recipe(data))
    # Three speakers are left, each in three pieces, each at two speeds; development stays at the recorded speed.
    assert len(subsets.train) == 3 * 3 * 2
    assert len(subsets.speakers) == 6
    assert subsets.development is not None
    assert len(subsets.development) == 3
    assert not any("@" in speaker for speaker in subsets.development.speakers)
