"""Turns out of a stream: right, final, in time, whatever the pieces; in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest

import voxmetric as vm
from voxmetric.audio.voice_activity import Hysteresis
from voxmetric.audio.voice_activity.silero_network import FRAME_SAMPLES
from voxmetric.data.corpora.synthetic_voice import draw_voice, speak
from voxmetric.data.turns import Turns
from voxmetric.diarization.streaming import speech_so_far
from voxmetric.diarization.streaming.settings import StreamSettings
from voxmetric.diarization.streaming.speaking_turns import Turn
from voxmetric.diarization.streaming.streaming_diarizer import StreamingDiarizer
from voxmetric.errors import InputError
from voxmetric.speaker_model import SpeakerModel

RATE = 16_000
Talk: TypeAlias = Callable[..., np.ndarray]
EXACT = Hysteresis(shortest_pause=0.1, shortest_speech=0.1, padding=0.0)
TURNS = [(0, 0.5, 4.0), (1, 4.5, 8.5), (2, 9.0, 12.0), (0, 12.5, 16.0), (1, 16.5, 22.0), (0, 23.0, 23.6)]


class Loud:
    """Stands for the detector: speech is what is loud."""

    def __init__(self) -> None:
        self._rest = np.empty(0, dtype=np.float32)

    def push(self, samples: np.ndarray) -> np.ndarray:
        waiting = np.concatenate([self._rest, samples])
        frames = waiting[: len(waiting) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        self._rest = waiting[frames.size :]
        return (np.abs(frames).mean(axis=1) > 0.01).astype(np.float32)

    def finish(self) -> np.ndarray:
        return self.push(np.zeros(-len(self._rest) % FRAME_SAMPLES, dtype=np.float32))


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_so_far, "SileroStream", Loud)


def settings_of(**settings: Any) -> StreamSettings:
    return StreamSettings(**({"threshold": 0.5, "hysteresis": EXACT} | settings))


def listen(model: SpeakerModel, samples: np.ndarray, step: int, rate: int = RATE, **settings: Any) -> list[Turn]:
    stream = StreamingDiarizer(model, rate, settings_of(**settings))
    found = [turn for first in range(0, len(samples), step) for turn in stream.add(samples[first : first + step])]
    return found + stream.finish()


def joined(turns: list[Turn]) -> list[Turn]:
    """Turns whose pieces were given away one by one, as one."""
    whole: list[Turn] = []
    for turn in turns:
        if whole and whole[-1].speaker == turn.speaker and turn.start - whole[-1].end < 0.1:
            whole[-1] = Turn(whole[-1].start, turn.end, turn.speaker)
        else:
            whole.append(turn)
    return whole


@pytest.mark.usefixtures("loud")
def test_speech_after_a_long_pause(pitch: SpeakerModel, talk: Talk) -> None:
    turns = [(0, 0.5, 4.0), (1, 40.0, 44.0), (0, 90.0, 94.0)]
    found = joined(listen(pitch, talk(turns, 95.0), 1600))
    assert [turn.speaker for turn in found] == [who for who, _, _ in turns]
    times = np.array([(turn.start, turn.end) for turn in found])
    np.testing.assert_allclose(times, [times for _, *times in turns], atol=0.1)


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("delay", [3.0, 5.0, 60.0])
def test_turns_are_found(pitch: SpeakerModel, talk: Talk, delay: float) -> None:
    found = joined(listen(pitch, talk(TURNS, 25.0), 1600, delay_seconds=delay))
    assert [turn.speaker for turn in found] == [who for who, _, _ in TURNS]
    times = np.array([(turn.start, turn.end) for turn in found])
    np.testing.assert_allclose(times, [times for _, *times in TURNS], atol=0.1)


@pytest.mark.usefixtures("loud")
def test_speakers_who_take_turns_without_a_pause_are_parted_where_they_do(pitch: SpeakerModel, talk: Talk) -> None:
    turns = [(0, 0.5, 6.0), (1, 6.0, 11.0), (2, 11.0, 16.0), (0, 16.0, 20.0), (1, 20.0, 24.0)]
    found = joined(listen(pitch, talk(turns, 25.0), 1600, threshold=0.3))
    assert [turn.speaker for turn in found] == [who for who, _, _ in turns]
    np.testing.assert_allclose([turn.end for turn in found], [end for _, _, end in turns], atol=0.3)


@pytest.mark.usefixtures("loud")
@pytest.mark.parametrize("step", [777, 16_000, 10**6])
def test_the_pieces_make_no_difference(pitch: SpeakerModel, talk: Talk, step: int) -> None:
    samples = talk(TURNS, 25.0)
    assert joined(listen(pitch, samples, step)) == joined(listen(pitch, samples, 1600))


@pytest.mark.usefixtures("loud")
def test_another_rate_is_brought_to_the_models(pitch: SpeakerModel, talk: Talk) -> None:
    found = joined(listen(pitch, talk(TURNS, 25.0, rate=8000), 800, rate=8000))
    assert [turn.speaker for turn in found] == [who for who, _, _ in TURNS]


@pytest.mark.usefixtures("loud")
def test_nothing_waits_longer_than_promised_and_nothing_is_taken_back(pitch: SpeakerModel, talk: Talk) -> None:
    samples = talk([(0, 1.0, 30.0), (1, 30.0, 58.0)], 60.0)
    stream = StreamingDiarizer(pitch, RATE, settings_of(delay_seconds=3.0, longest_turn_seconds=4.0))
    given: list[Turn] = []
    for first in range(0, len(samples), 1600):
        new = stream.add(samples[first : first + 1600])
        heard = (first + 1600) / RATE
        assert all(heard - turn.start <= 3.0 + 4.0 + 2 * 0.5 + 0.1 for turn in new)
        assert all(turn.end <= stream.settled_seconds <= heard for turn in new)
        given += new
    given += stream.finish()
    assert all(one.end <= other.start + 1e-9 for one, other in itertools.pairwise(given))
    assert sum(turn.end - turn.start for turn in given) == pytest.approx(57.0, abs=0.2)


@pytest.mark.usefixtures("loud")
def test_memory_does_not_grow_with_the_stream(pitch: SpeakerModel, talk: Talk) -> None:
    samples = talk([(number % 3, 2.0 * number, 2.0 * number + 1.8) for number in range(60)], 120.0)
    stream = StreamingDiarizer(pitch, RATE, settings_of())
    held = []
    for first in range(0, len(samples), 8000):
        stream.add(samples[first : first + 8000])
        held.append((len(stream._sound._samples), len(stream._starts)))
    assert max(held[60:]) <= (5 * RATE, 45)
    assert stream._clustering.num_speakers == 3


@pytest.mark.usefixtures("loud")
def test_silence_and_what_is_no_sound_have_no_turns(pitch: SpeakerModel) -> None:
    assert listen(pitch, np.zeros(5 * RATE, np.float32), 1600) == []
    assert listen(pitch, np.full(5 * RATE, np.nan, np.float32), 1600) == []
    assert listen(pitch, np.empty(0, np.float32), 1600) == []


def test_settings_out_of_range_are_refused() -> None:
    for wrong in (
        {"delay_seconds": 1.0},
        {"delay_seconds": 301.0},
        {"hop_seconds": 0.0},
        {"hop_seconds": 2.0},
        {"longest_turn_seconds": 0.0},
    ):
        with pytest.raises(InputError):
            StreamSettings(**wrong)


def test_made_voices_come_out_as_from_the_whole_recording() -> None:
    rng = np.random.default_rng(4)
    voices = [draw_voice(rng) for _ in range(2)]
    pause = np.zeros(RATE // 2, dtype=np.float32)
    parts = [part for number in range(6) for part in (pause, 5 * speak(voices[number % 2], 4.0, rng))]
    samples = np.concatenate(parts) + 1e-4 * rng.standard_normal(sum(map(len, parts))).astype(np.float32)
    model = vm.load_model("default")
    whole = vm.diarize(samples, model, sample_rate=RATE, num_speakers=2)
    stream = StreamingDiarizer(model, RATE, StreamSettings(threshold=0.3, max_speakers=2))
    turns = stream.add(samples) + stream.finish()
    starts, ends = (np.array([getattr(turn, name) for turn in turns]) for name in ("start", "end"))
    found = Turns.of_names(starts, ends, [turn.speaker for turn in turns]).to_annotation("talk")
    whole.uri = "talk"
    error = vm.metrics.diarization_error(whole, found, collar=0.25)
    assert error.total > 8.0
    # Else one speaker throughout would pass.
    assert min(whole.label_duration(name) for name in whole.labels()) > 0.3 * error.total
    assert error.rate < 0.15
