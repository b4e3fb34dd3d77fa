"""Conversations on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.rttm import read_turns
from voxmetric.data.uem import read_uem
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation import ConversationSettings, simulate, write
from voxmetric.diarization.simulation.segments import spoken_alone
from voxmetric.errors import InputError

SETTINGS = ConversationSettings(speakers=(2, 3), seconds=(10.0, 20.0), sample_rate=8000, room="simulated")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_holds_sound_truth_and_segments(speech_table: UtteranceTable, tmp_path: Path) -> None:
    told: list[int] = []
    made = write(speech_table, tmp_path / "set", 3, SETTINGS, seed=4, progress=told.append)
    assert told == [1, 2, 3]
    names = [f"conversation-000{number}" for number in range(3)]
    assert sorted(contents(tmp_path / "set")) == sorted(
        [*(f"{name}.flac" for name in names), "conversations.json", "reference.rttm", "reference.uem", "segments.csv"]
    )
    truth, scored = read_turns(tmp_path / "set" / "reference.rttm"), read_uem(tmp_path / "set" / "reference.uem")
    segments = UtteranceTable.read(tmp_path / "set" / "segments.csv")
    for number, name in enumerate(names):
        alone = simulate(speech_table, SETTINGS, seed=4, number=number)
        samples, rate = soundfile.read(tmp_path / "set" / f"{name}.flac", dtype="int16")
        assert rate == 8000
        assert np.abs(samples / 32767 - alone.waveform).max() < 1 / 32767
        assert truth[name].to_annotation(name) == alone.reference, "exact to the millisecond"
        assert scored[name].extent().end == pytest.approx(len(samples) / rate)
        assert made.conversations[name] == alone.facts
        single = spoken_alone(truth[name], 0.5)
        of_name = segments.where(session=name)
        assert np.allclose(of_name.starts, single.start)
        assert of_name.speakers.tolist() == [single.speakers[code] for code in single.speaker]
    description = json.loads((tmp_path / "set" / "conversations.json").read_text())
    assert description["reference_sha256"] == made.reference_sha256
    assert description["table_sha256"] == speech_table.sha256
    assert list(description["conversations"]) == names


def test_written_again_it_is_the_same_and_a_larger_one_begins_alike(
    speech_table: UtteranceTable, tmp_path: Path
) -> None:
    for folder, count in (("a", 2), ("b", 2), ("c", 3)):
        write(speech_table, tmp_path / folder, count, SETTINGS)
    write(speech_table, tmp_path / "a", 2, SETTINGS)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    for name in ("conversation-0000.flac", "conversation-0001.flac"):
        assert contents(tmp_path / "a")[name] == contents(tmp_path / "c")[name]


def test_other_folders_are_left_alone(speech_table: UtteranceTable, tmp_path: Path) -> None:
    write(speech_table, tmp_path / "set", 1, SETTINGS)
    before = contents(tmp_path / "set")
    with pytest.raises(InputError, match="conversations of another settings, seed"):
        write(speech_table, tmp_path / "set", 1, replace(SETTINGS, noise="none"), seed=9)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write(speech_table, tmp_path / "mine", 1, SETTINGS)
    assert contents(tmp_path / "set") == before
    with pytest.raises(InputError, match="at least one conversation"):
        write(speech_table, tmp_path / "none", 0, SETTINGS)
