"""A speaker who says what was recorded."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation.voice import Voice


def voice(table: UtteranceTable, *, repeat: bool, seed: int = 0) -> Voice:
    rows = np.flatnonzero(table.speakers == "voice-3")
    return Voice(table, rows, 8000, repeat, np.random.default_rng(seed))


def test_everything_is_said_once(speech_table: UtteranceTable) -> None:
    one = voice(speech_table, repeat=False)
    said = []
    while not one.is_finished:
        utterance = one.say(1.3)
        assert utterance is not None
        said.append(utterance)
    assert one.say(1.0) is None
    assert not one.repeats
    spoken = sum(int(np.diff(utterance.spans).sum()) for utterance in said) / 1000
    assert spoken == pytest.approx(3 * 3.0, abs=3 * 0.4), "three recordings of 3 s of voice, and margins"


def test_it_goes_on_without_end_if_it_may_repeat(speech_table: UtteranceTable) -> None:
    one = voice(speech_table, repeat=True)
    for turn in range(20):
        utterance = one.say(2.0)
        assert utterance is not None
        assert one.repeats or turn < 6
    assert one.repeats


def test_turns_begin_and_end_with_speech_and_are_about_as_long_as_asked_for(speech_table: UtteranceTable) -> None:
    one = voice(speech_table, repeat=True)
    for wanted in (0.5, 1.0, 2.0, 4.0, 7.0):
        utterance = one.say(wanted)
        assert utterance is not None
        assert utterance.spans[0, 0] == 0
        assert len(utterance.waveform) == utterance.spans[-1, 1] * 8
        assert (np.diff(utterance.spans.ravel()) > 0).all()
        spoken = int(np.diff(utterance.spans).sum()) / 1000
        assert wanted - 1.2 < spoken < wanted + 1.2
        inside = np.concatenate([utterance.waveform[8 * start : 8 * end] for start, end in utterance.spans])
        assert np.sqrt(np.square(inside).mean()) == pytest.approx(1.0, rel=0.15)
        assert abs(float(utterance.waveform[0])) < 1e-3, "faded"


def test_equal_seeds_say_the_same(speech_table: UtteranceTable) -> None:
    one, same, other = (voice(speech_table, repeat=True, seed=seed).say(5.0) for seed in (1, 1, 2))
    assert one is not None
    assert same is not None
    assert other is not None
    assert np.array_equal(one.waveform, same.waveform)
    assert not np.array_equal(one.waveform, other.waveform)


def test_recordings_without_speech_are_passed_over(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), 8000)
    table = UtteranceTable.from_columns({"path": ["silent.wav"], "speaker": ["a"]}, tmp_path, "made")
    silent = Voice(table, np.array([0]), 8000, True, np.random.default_rng(0))
    assert silent.is_finished
    assert silent.say(1.0) is None


def test_a_long_recording_is_read_in_parts(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import soundfile

    rng = np.random.default_rng(0)
    gate = np.repeat(rng.random(100) < 0.7, 8000)  # seconds with and without a voice
    soundfile.write(tmp_path / "long.wav", 0.1 * rng.standard_normal(len(gate)) * gate, 8000)
    table = UtteranceTable.from_columns({"path": ["long.wav"], "speaker": ["a"]}, tmp_path, "made")
    one = Voice(table, np.array([0]), 8000, False, np.random.default_rng(0))
    spoken = 0.0
    while (utterance := one.say(5.0)) is not None:
        assert len(utterance.waveform) < 8000 * 31
        spoken += float(np.diff(utterance.spans).sum()) / 1000
    assert spoken == pytest.approx(gate.mean() * 100, rel=0.1)
