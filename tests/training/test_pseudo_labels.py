from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.speaker_model import load_model
from voxmetric.training import pseudo_label_round
from voxmetric.training.loss_gate import Gate
from voxmetric.training.pseudo_labelled_table import read_pseudo_labelled
from voxmetric.training.pseudo_labels import train_rounds
from voxmetric.training.recipe import Recipe
from voxmetric.training.recipe_file import from_mapping, read_recipe, to_yaml
from voxmetric.training.trainer import Progress, read_result, train


@pytest.fixture
def recipe(tiny_recipe: dict[str, Any]) -> Recipe:
    """Two rounds of a few updates on five clusters, after a first model without labels."""
    tiny_recipe["data"]["development_speakers"] = 0
    tiny_recipe["method"] = {"name": "simclr"}
    tiny_recipe["pseudo_labels"] = {"rounds": 2, "clusters": 5}
    tiny_recipe["batches"] = {"kind": "shuffled", "size": 8}
    tiny_recipe["training"] |= {"steps": 3, "evaluate_every": 0}
    return from_mapping(tiny_recipe)


def keep_lowest(monkeypatch: pytest.MonkeyPatch, number: int, *, parted: bool = True) -> None:
    """Have the gate keep `number` losses."""

    def gate(losses: NDArray[np.float64], _: int) -> Gate:
        return Gate(losses <= np.sort(losses)[number - 1], parted)

    monkeypatch.setattr(pseudo_label_round, "reliable", gate)


def with_plan(recipe: Recipe, **changes: Any) -> Recipe:
    assert recipe.pseudo_labels is not None
    return dataclasses.replace(recipe, pseudo_labels=dataclasses.replace(recipe.pseudo_labels, **changes))


def test_rounds_are_runs_on_the_clusters_of_the_round_before(recipe: Recipe, tmp_path: Path) -> None:
    told: list[tuple[str, int, int, str]] = []
    rounds = train_rounds(recipe, tmp_path, lambda *what: told.append(what))
    assert [one.number for one in rounds] == [1, 2]
    for one in rounds:
        table = read_pseudo_labelled(tmp_path / f"round-{one.number}" / "utterances.parquet")
        assert len(table) == one.labels.utterances == 40
        assert len(set(table.speakers)) == one.labels.clusters == one.result.num_speakers == 5
        assert one.labels.quality is not None
        assert 0 < one.labels.quality.purity <= 1
        assert one.result == read_result(tmp_path / f"round-{one.number}")
    assert load_model(tmp_path).fingerprint == rounds[-1].result.fingerprint
    assert load_model(tmp_path).card.training_data["clusters"] == 5
    written = json.loads((tmp_path / "rounds.json").read_text())
    assert [one["labels"]["quality"]["nmi"] for one in written] == [one.labels.quality.nmi for one in rounds]
    stages = list(dict.fromkeys(stage for stage, *_ in told))
    assert stages == ["first model"] + [
        f"round {number}: {what}" for number in (1, 2) for what in ("embedding", "clustering", "training")
    ]
    assert any("purity" in note for *_, note in told)


def test_speakers_of_the_training_recordings_change_nothing(recipe: Recipe, tiny_corpus: Path, tmp_path: Path) -> None:
    lines = tiny_corpus.read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    changed = [lines[0]] + [
        ",".join([name, str(tiny_corpus.parent / path), "nobody" if split == "train" else speaker, duration, split])
        for name, path, speaker, duration, split in rows
    ]
    table = tmp_path / "unlabelled.csv"
    table.write_text("\n".join(changed) + "\n")
    other = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, table=str(table)))
    labelled, unlabelled = train_rounds(recipe, tmp_path / "a"), train_rounds(other, tmp_path / "b")
    assert [one.result.fingerprint for one in unlabelled] == [one.result.fingerprint for one in labelled]
    assert [one.labels.quality for one in unlabelled] == [None, None]


def test_goes_on_where_it_was_interrupted(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = train_rounds(recipe, tmp_path / "straight")

    for moment in ("first model", "round 1: training", "round 2: training"):

        def interrupt(stage: str, done: int, *_: Any, moment: str = moment) -> None:
            if stage == moment and done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_rounds(recipe, tmp_path / "stopped", interrupt)
    assert not (tmp_path / "stopped" / "model.json").exists()
    resumed = train_rounds(recipe, tmp_path / "stopped")
    assert [one.result.fingerprint for one in resumed] == [one.result.fingerprint for one in straight]
    # A finished training is taken as it is.
    monkeypatch.setattr(pseudo_label_round, "cluster", lambda *_: pytest.fail("clustered again"))
    again = train_rounds(recipe, tmp_path / "stopped")
    assert [one.result for one in again] == [one.result for one in resumed]


def test_rounds_start_from_the_last_model_or_afresh(recipe: Recipe, tmp_path: Path) -> None:
    first = dataclasses.replace(recipe, pseudo_labels=None)
    train(first, tmp_path / "model")
    given = dataclasses.replace(with_plan(recipe, model=str(tmp_path / "model"), rounds=1), method=None)
    train_rounds(given, tmp_path / "previous")
    train_rounds(with_plan(given, start="fresh"), tmp_path / "fresh")
    origins = [
        load_model(tmp_path / kind).card.training_data.get("fine_tuned_from", {}).get("fingerprint")
        for kind in ("previous", "fresh")
    ]
    assert origins == [load_model(tmp_path / "model").fingerprint, None]
    tables = [(tmp_path / kind / "round-1" / "utterances.parquet").read_bytes() for kind in ("previous", "fresh")]
    assert tables[0] == tables[1]


def test_the_gate_leaves_out_and_says_so(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_lowest(monkeypatch, 30, parted=False)
    averaged = dataclasses.replace(
        recipe, training=dataclasses.replace(recipe.training, average_from_step=recipe.training.steps)
    )
    gated = with_plan(averaged, filter="loss_gate", gate_steps=2, rounds=1)
    told: list[str] = []
    (only,) = train_rounds(gated, tmp_path, lambda *what: told.append(what[3]))
    preliminary = read_recipe(tmp_path / "round-1" / "all" / "recipe.yaml").training
    assert (preliminary.steps, preliminary.average_from_step) == (2, None)
    assert only.labels.kept == 0.75
    assert only.result.num_utterances == 30
    assert len(read_pseudo_labelled(tmp_path / "round-1" / "all" / "utterances.parquet")) == 40
    before = read_result(tmp_path / "round-1" / "all")
    assert before is not None
    assert before.num_utterances == 40
    assert any(re.search(r"75\.0 % kept, with purity .* \(by chance 0\.\d+.* not told apart", note) for note in told)
    origin = load_model(tmp_path).card.training_data["fine_tuned_from"]["fingerprint"]
    assert origin == before.fingerprint


def test_a_gate_that_leaves_less_than_a_batch_is_refused(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated = with_plan(recipe, filter="loss_gate", gate_steps=2, rounds=1)
    keep_lowest(monkeypatch, 7)
    with pytest.raises(InputError, match=r"keeps 7 of 40 recordings, fewer than a batch of 8: raise .*gate_steps"):
        train_rounds(gated, tmp_path)
    assert not (tmp_path / "round-1" / "labels.json").exists()
    keep_lowest(monkeypatch, 8)
    (only,) = train_rounds(gated, tmp_path)
    assert only.result.num_utterances == 8


def test_refuses_no_first_model_two_and_another_recipe(recipe: Recipe, tmp_path: Path) -> None:
    for wrong in (dataclasses.replace(recipe, method=None), with_plan(recipe, model="somewhere")):
        with pytest.raises(InputError, match="one model"):
            train_rounds(wrong, tmp_path)
    with pytest.raises(InputError, match="clusters is 41, but there are 40 training recordings"):
        train_rounds(with_plan(recipe, clusters=41), tmp_path)
    assert not (tmp_path / "first").exists()
    with pytest.raises(InputError, match="section pseudo_labels"):
        train_rounds(dataclasses.replace(recipe, pseudo_labels=None), tmp_path)
    train_rounds(with_plan(recipe, rounds=1), tmp_path)
    shutil.rmtree(tmp_path / "round-1")
    with pytest.raises(InputError, match=r"pseudo_labels\.rounds"):
        train_rounds(recipe, tmp_path)


def test_the_notes_of_a_run() -> None:
    told: list[tuple[str, int, int, str]] = []
    pseudo_label_round.watched("first model", lambda *what: told.append(what))(
        Progress(step=3, steps=9, loss=1.25, development_eer=None, crops_per_second=1.0, num_skipped=0)
    )
    assert told == [("first model", 3, 9, "loss 1.250")]


def test_two_processes_train_rounds_together(recipe: Recipe, tmp_path: Path) -> None:
    once = with_plan(recipe, rounds=1)
    (tmp_path / "recipe.yaml").write_text(to_yaml(once))
    (alone,) = train_rounds(once, tmp_path / "alone")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = ["-m", "voxmetric", "train", str(tmp_path / "recipe.yaml"), "-o", str(tmp_path / "together"), "--json"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([*launcher, *command], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    (together,) = json.loads(done.stdout)  # one process prints
    assert together["labels"]["quality"]["nmi"] == pytest.approx(alone.labels.quality.nmi)
    assert load_model(tmp_path / "together").fingerprint == together["result"]["fingerprint"]
