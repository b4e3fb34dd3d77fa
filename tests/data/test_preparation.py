"""From recordings to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from voxmetric.data.preparation import Plan, prepare
from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError


@pytest.fixture
def corpus(tmp_path: Path, write_noise: Callable[..., Path]) -> UtteranceTable:
    for speaker in range(6):
        for place in range(4):
            write_noise(tmp_path / "audio" / f"s{speaker}" / f"{place}.wav", 10 * speaker + place, channels=2)
    write_noise(tmp_path / "audio" / "s0" / "short.wav", seconds=0.1)
    return UtteranceTable.read(tmp_path / "audio")


def test_table_report_and_trials_are_written(corpus: UtteranceTable, tmp_path: Path) -> None:
    plan = Plan(channel="1", split={"train": 0.5, "dev": 0.5}, num_trials=10, trials_split="dev", seed=2)
    done: list[int] = []
    prepared = prepare(corpus, tmp_path / "out" / "t.csv", plan, progress=done.append)
    assert done[-1] == 25
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"t.csv", "t-scan.json", "t-trials.txt"}
    table = UtteranceTable.read(prepared.table_path)
    assert table.sha256 == prepared.table.sha256
    assert len(table) == 24
    assert set(table.column("channel")) == {"1"}
    assert set(table.durations) == {1.0}
    trials = TrialList.read(tmp_path / "out" / "t-trials.txt")
    assert prepared.trials is not None
    assert trials.sha256 == prepared.trials.sha256
    assert trials.num_target == 5
    assert set(table.take(table.indices(trials.ids)).splits) == {"dev"}


def test_without_a_plan_the_corpus_keeps_its_own_words(corpus: UtteranceTable, tmp_path: Path) -> None:
    labelled = corpus.with_column("split", "eval").with_column("channel", "0")
    prepared = prepare(labelled, tmp_path / "t.parquet")
    assert prepared.trials is None
    assert set(prepared.table.splits) == {"eval"}
    assert set(prepared.table.column("channel")) == {"0"}
    assert set(prepare(corpus, tmp_path / "t.parquet").table.column("channel")) == {"mix"}


def test_ids_with_blanks_get_a_csv_of_trials(corpus: UtteranceTable, tmp_path: Path) -> None:
    spaced = corpus.with_column("id", [f"utterance {place}" for place in range(len(corpus))])
    assert prepare(spaced, tmp_path / "t.csv", Plan(num_trials=4)).trials_path == tmp_path / "t-trials.csv"


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        (Plan(split={"train": 0.5}), "add up to 1"),
        (Plan(num_trials=1000), "there are"),
        (Plan(num_trials=4, trials_split="test"), "no utterance has split 'test'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_any_decoding(
    corpus: UtteranceTable, tmp_path: Path, plan: Plan, complaint: str
) -> None:
    def never(done: int) -> None:
        raise AssertionError(done)

    with pytest.raises(InputError, match=complaint):
        prepare(corpus, tmp_path / "out" / "t.csv", plan, progress=never)
    with pytest.raises(InputError, match=r"\*\.csv or \*\.parquet"):
        prepare(corpus, tmp_path / "out" / "t.txt", progress=never)
    assert not (tmp_path / "out").exists()


def test_a_channel_that_no_file_has_leaves_nothing(corpus: UtteranceTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of 25 .* expected channel 'mix' or a number from 0 to 1, found '5'"):
        prepare(corpus, tmp_path / "out" / "t.csv", Plan(channel="5"))
    assert not (tmp_path / "out").exists()
