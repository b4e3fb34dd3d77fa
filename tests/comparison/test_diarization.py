"""Comparing by diarization error, end to end on a made corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from voxmetric.comparison.compare import compare
from voxmetric.comparison.diarization import read_sets, settings_of
from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.data.rttm import read_turns
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation import ConversationSettings, write
from voxmetric.errors import InputError
from voxmetric.metrics.diarization.error import diarization_error
from voxmetric.reports.results import BEST, Comparison
from voxmetric.reports.storage import read_comparison
from voxmetric.training.recipe import DiarizationTest, Recipe, RecordingSet
from voxmetric.training.recipe_file import from_mapping

SETTINGS = {"clustering": "x_means", "min_speakers": 2, "max_speakers": 3, "smallest_speaker": 0.0}


@pytest.fixture(scope="module")
def conversations(tiny_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conversations")
    settings = ConversationSettings(speakers=(2, 3), seconds=(8.0, 10.0), turn_seconds=1.0)
    write(UtteranceTable.read(tiny_corpus).where(split="test"), folder / "hums", 4, settings)
    return folder / "hums"


def recipe_over(table: Path, folder: Path, **test_keys: Any) -> Recipe:
    return from_mapping(
        {
            "name": "tiny diarization",
            "data": {"table": str(table), "train": {"split": "train"}, "test": {"split": "test"}, "crop_seconds": 0.5},
            "encoder": {
                "name": "x_vector",
                "embedding_size": 16,
                "front_end": {"name": "log_mel", "normalization": "none"},
                "options": {"channels": [16, 16, 16, 16, 24]},
            },
            "batches": {"size": 8},
            "training": {"steps": 4, "evaluate_every": 0, "workers": 0, "precision": "float32"},
            "compare": {"losses": ["softmax", {"name": "untrained"}], "seeds": 2, "tuning_settings": 1, "jobs": 1},
            "diarization": {"sets": [{"name": "hums", "folder": str(folder)}], "settings": SETTINGS} | test_keys,
        }
    )


@pytest.fixture(scope="module")
def finished(
    tiny_corpus: Path, conversations: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Recipe, Comparison]:
    folder = tmp_path_factory.mktemp("comparison")
    recipe = recipe_over(tiny_corpus, conversations)
    return folder, recipe, compare(recipe, folder)


def test_every_objective_is_scored_on_the_same_recordings(
    finished: tuple[Path, Recipe, Comparison], conversations: Path
) -> None:
    folder, _, comparison = finished
    (diarized,) = comparison.diarization
    assert diarized.num_recordings == 4
    assert diarized.recordings_by_speakers == {"2": 2, "3": 2}
    assert {one.name for one in diarized.objectives} == {"softmax", "untrained"}
    assert diarized.objectives[0].rank == BEST
    assert "4 recordings and of 2 training runs" in diarized.interval
    assert "speech taken from the reference" in diarized.system
    assert any("speakers are in several recordings" in note for note in diarized.notes)
    for one in diarized.objectives:
        for seed, values in enumerate(one.per_seed):
            found = read_turns(folder / "runs" / one.name / f"seed-{seed}" / "diarization" / "hums.rttm")
            true = AnnotatedRecordings.read(conversations)
            error = diarization_error(true.turns, found, uem=true.scored)
            assert values["der"] == pytest.approx(error.rate)
            assert error.missed_rate < 0.2, "speech is known: what is missed is overlap"
            assert error.false_alarm_rate < 0.02
        assert one.metrics["der"].value == pytest.approx(sum(values["der"] for values in one.per_seed) / 2)
        assert one.metrics["der"].low <= one.metrics["der"].value <= one.metrics["der"].high
        assert set(one.by_speakers) == {"2", "3"}
    assert read_comparison(folder) == comparison
    assert "Who spoke when: hums" in (folder / "report.html").read_text()
    assert "Who spoke when, hums" in (folder / "table.md").read_text()


def test_another_protocol_diarizes_nothing_anew_and_another_clustering_trains_nothing(
    finished: tuple[Path, Recipe, Comparison], tiny_corpus: Path, conversations: Path
) -> None:
    folder, _, first = finished
    models = {path: path.read_bytes() for path in folder.rglob("model.safetensors")}
    found = {path: path.stat().st_mtime_ns for path in folder.rglob("hums.rttm")}
    assert len(models) == len(found) == 4
    again = compare(recipe_over(tiny_corpus, conversations, protocol="narayanaswamy_2019"), folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("hums.rttm")} == found
    assert "narayanaswamy_2019" in again.diarization[0].conventions
    assert again.objectives == first.objectives
    known = compare(recipe_over(tiny_corpus, conversations, known_number=True), folder)
    assert all(path.stat().st_mtime_ns != time for path, time in found.items())
    assert {path: path.read_bytes() for path in folder.rglob("model.safetensors")} == models
    assert "their number given" in known.diarization[0].system


def test_speakers_trained_on_are_refused(tiny_corpus: Path, tmp_path: Path) -> None:
    settings = ConversationSettings(speakers=(2, 2), seconds=(5.0, 5.0), turn_seconds=1.0)
    write(UtteranceTable.read(tiny_corpus).where(split="train"), tmp_path / "seen", 1, settings)
    with pytest.raises(InputError, match="2 speakers of the set 'hums' are trained on"):
        compare(recipe_over(tiny_corpus, tmp_path / "seen"), tmp_path / "out")


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (DiarizationTest([]), "diarization.sets is empty"),
        (DiarizationTest([RecordingSet("a", "x"), RecordingSet("a", "y")]), "comes once"),
        (DiarizationTest([RecordingSet("a/b", "x")]), "is that of a file"),
        (DiarizationTest([RecordingSet("a", "nowhere")]), "found no such file"),
        (DiarizationTest([RecordingSet("a", "x")], protocol="nist"), "unknown"),
        (DiarizationTest([RecordingSet("a", "x")], settings={"windw_seconds": 1.0}), "did you mean 'window_seconds'"),
        (DiarizationTest([RecordingSet("a", "x")], settings={"num_speakers": 2}), "see known_number"),
        (DiarizationTest([RecordingSet("a", "x")], settings={"window_seconds": "long"}), "window_seconds"),
        (DiarizationTest([RecordingSet("a", "x")], settings={"clustering": "kmeans"}), "k_means"),
    ],
)
def test_wrong_tests_are_refused_before_any_training(test: DiarizationTest, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_sets(test, set())


def test_settings_are_those_of_the_diarizer() -> None:
    settings = settings_of(DiarizationTest(settings={"window_seconds": 2, "other_windows": [1.0], **SETTINGS}))
    assert settings.window_seconds == 2.0
    assert settings.other_windows == (1.0,)
    assert settings.bounds == (2, 3)
