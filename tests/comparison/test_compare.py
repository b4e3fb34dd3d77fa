"""A whole comparison on a made corpus: report, resumption, addition of an objective, refusals."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from voxmetric.comparison.compare import compare
from voxmetric.comparison.evaluation import TEST
from voxmetric.comparison.plan import candidates, common_recipe, final_recipe
from voxmetric.comparison.search import Setting
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError
from voxmetric.metrics import eer
from voxmetric.reports.results import Comparison
from voxmetric.reports.storage import read_comparison
from voxmetric.scoring.embeddings import EmbeddingSet
from voxmetric.training.distributed import ProcessGroup
from voxmetric.training.loaders import batches_for
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping
from voxmetric.training.state import initial_state
from voxmetric.training.subsets import select


def recipe_over(table: Path, **compare_keys: Any) -> Recipe:
    return from_mapping(
        {
            "name": "tiny comparison",
            "data": {
                "table": str(table),
                "train": {"split": "train"},
                "development_speakers": 3,
                "test": {"split": "test"},
                "crop_seconds": 0.5,
            },
            "encoder": {
                "name": "x_vector",
                "embedding_size": 16,
                "front_end": {"name": "log_mel", "normalization": "none"},
                "options": {"channels": [16, 16, 16, 16, 24]},
            },
            "batches": {"size": 8},
            "training": {"steps": 12, "evaluate_every": 6, "workers": 0, "precision": "float32"},
            "compare": {"losses": ["softmax"], "seeds": 2, "tuning_settings": 2, "tuning_steps": 4} | compare_keys,
        }
    )


@pytest.fixture(scope="module")
def finished(tiny_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recipe, Comparison]:
    folder = tmp_path_factory.mktemp("comparison")
    recipe = recipe_over(tiny_corpus, losses=["softmax", "angular_prototypical"])
    return folder, recipe, compare(recipe, folder)


def test_the_report_says_what_the_runs_say(finished: tuple[Path, Recipe, Comparison], tiny_corpus: Path) -> None:
    folder, _, comparison = finished
    assert read_comparison(folder) == comparison
    assert "tiny comparison" in (folder / "report.html").read_text()
    test = UtteranceTable.read(tiny_corpus).where(split="test")
    for objective in comparison.objectives:
        assert objective.seeds == [0, 1]
        assert len(objective.tuning) == 2
        # The equal error rates again, from the kept embeddings by the plain way.
        for seed, figures in zip(objective.seeds, objective.per_seed, strict=True):
            kept = EmbeddingSet.load(folder / "runs" / objective.name / f"seed-{seed}" / TEST)
            vectors = kept.vectors[kept.rows(test.ids)]
            first, second = np.triu_indices(len(test), 1)
            labels = (test.speakers[first] == test.speakers[second]).astype(int)
            assert figures["eer"] == pytest.approx(eer((vectors @ vectors.T)[first, second], labels), abs=1e-6)
        mean = np.mean([figures["eer"] for figures in objective.per_seed])
        estimate = objective.metrics["eer"]
        assert estimate.value == pytest.approx(mean)
        assert estimate.low <= estimate.value <= estimate.high
    assert comparison.trials.num_target == 6 * 6
    assert comparison.trials.num_nontarget == 24 * 23 // 2 - 36
    assert not comparison.synthetic
    assert len(comparison.pairs) == 1
    assert any("only 6 speakers" in note for note in comparison.notes)


def test_a_second_call_repeats_nothing_and_a_third_adds_an_objective(
    finished: tuple[Path, Recipe, Comparison],
) -> None:
    folder, recipe, first = finished
    before = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/*/model.safetensors")}
    again = compare(recipe, folder)
    assert [one.weights_sha256 for one in again.objectives] == [one.weights_sha256 for one in first.objectives]
    more = dataclasses.replace(recipe, compare=dataclasses.replace(recipe.compare, losses=["triplet"]))
    added = compare(more, folder)
    assert {one.name for one in added.objectives} == {"softmax", "angular_prototypical", "triplet"}
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    kept = {one.name: one.metrics for one in added.objectives}
    assert all(kept[one.name]["eer"].value == one.metrics["eer"].value for one in first.objectives)


def test_another_recipe_is_refused(finished: tuple[Path, Recipe, Comparison]) -> None:
    folder, recipe, _ = finished
    other = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, crop_seconds=0.6))
    with pytest.raises(InputError, match=r"another data\.crop_seconds"):
        compare(other, folder)
    renamed = {"name": "softmax", "options": {}, "search": {}}
    table = Path(recipe.data.table)
    compare(recipe_over(table, losses=[renamed], seeds=2), folder)  # the same objective, spelt out
    with pytest.raises(InputError, match="already compared an objective 'softmax' with other options"):
        compare(recipe_over(table, losses=[{"name": "triplet", "label": "softmax"}]), folder)


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        (["sofmax"], "unknown loss 'sofmax': did you mean 'softmax'"),
        ([{"name": "triplet", "options": {"sampling": "semihard"}}], "semi_hard"),
        ([{"name": "aam_softmax", "search": {"margni": [0.1]}}], "did you mean 'margin'"),
        ([], "nothing to compare"),
    ],
)
def test_errors_come_before_any_training(tiny_corpus: Path, tmp_path: Path, losses: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare(recipe_over(tiny_corpus, losses=losses), tmp_path)
    assert not (tmp_path / "runs").exists()


def test_an_unreadable_test_recording_is_found_before_any_training(tiny_corpus: Path, tmp_path: Path) -> None:
    broken = tiny_corpus.parent / "broken-test.wav"
    broken.write_bytes(b"not a sound")
    table = tiny_corpus.parent / "broken-test.csv"
    table.write_text(tiny_corpus.read_text().replace("s12-0.wav", "broken-test.wav"))
    with pytest.raises(InputError, match=r"broken-test\.wav"):
        compare(recipe_over(table), tmp_path)
    assert not (tmp_path / "runs").exists()


def test_trials_must_be_of_test_utterances(tiny_corpus: Path, tmp_path: Path) -> None:
    trials = tmp_path / "trials.txt"
    trials.write_text("1 s12-0 s12-1\n0 s12-0 s00-0\n")
    recipe = recipe_over(tiny_corpus)
    recipe = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, trials=str(trials)))
    with pytest.raises(InputError, match="s00-0"):
        compare(recipe, tmp_path / "out")


def test_other_rows_under_the_same_name_are_refused(tiny_corpus: Path, tmp_path: Path) -> None:
    table = tiny_corpus.parent / "changing.csv"
    table.write_text(tiny_corpus.read_text())
    recipe = recipe_over(table, seeds=1, tuning_settings=1)
    compare(recipe, tmp_path / "out")
    table.write_text("\n".join(tiny_corpus.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(InputError, match="begun with other test utterances"):
        compare(recipe, tmp_path / "out")


def test_a_finished_run_of_another_setting_is_not_taken_for_this_one(tiny_corpus: Path, tmp_path: Path) -> None:
    recipe = recipe_over(tiny_corpus, losses=["softmax"], seeds=1, tuning_settings=1)
    compare(recipe, tmp_path)
    run = tmp_path / "runs" / "softmax" / "seed-0" / "recipe.yaml"
    run.write_text(run.read_text().replace("learning_rate: 0.001", "learning_rate: 0.002"))
    with pytest.raises(InputError, match=r"another recipe, which differs in optimizer\.learning_rate"):
        compare(recipe, tmp_path)


def test_an_objective_that_diverges_altogether_is_left_out(tiny_corpus: Path, tmp_path: Path) -> None:
    diverging = {"name": "aam_softmax", "label": "diverging", "options": {"scale": 1e38, "margin": 0.2}}
    losses = ["softmax", diverging]
    comparison = compare(recipe_over(tiny_corpus, losses=losses, seeds=1, tuning_settings=1), tmp_path)
    assert [one.name for one in comparison.objectives] == ["softmax"]
    assert "diverging is left out: its training diverged." in comparison.notes


def test_encoders_start_alike_and_see_the_same_crops(finished: tuple[Path, Recipe, Comparison]) -> None:
    _, recipe, _ = finished
    common = common_recipe(recipe, jobs=1)
    subsets = select(common)
    states, rows = [], []
    for candidate in candidates(recipe.compare):
        run = final_recipe(common, candidate, Setting(), run=1)
        state = initial_state(run, subsets, ProcessGroup(0, 1, torch.device("cpu")))
        states.append(state.encoder.state_dict())
        batches = batches_for(run, state.objective, subsets)
        rows.append([batches.batch(step).tolist() for step in range(5)])
    assert rows[0] == rows[1]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_an_objective_that_diverges_in_the_search_is_reported(tiny_corpus: Path, tmp_path: Path) -> None:
    recipe = recipe_over(tiny_corpus, losses=["softmax"], seeds=1, tuning_settings=2, learning_rates=[1.0, 1e30])
    comparison = compare(dataclasses.replace(recipe), tmp_path)
    errors = [setting["development_eer"] for setting in comparison.objectives[0].tuning]
    assert errors[1] is None
    assert any("diverged" in note for note in comparison.notes)
    assert json.loads((tmp_path / "results.json").read_text())
