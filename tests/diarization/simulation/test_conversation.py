"""Whole conversations, and whether their truth is true."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from voxmetric.data.turns import Turns
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation import Conversation, ConversationSettings, Simulation, simulate
from voxmetric.errors import InputError

DRY = ConversationSettings(
    speakers=(2, 7), seconds=(40.0, 60.0), room="none", noise="none", sample_rate=8000, level_spread=2.0
)


def activity(turns: Turns, num_samples: int) -> np.ndarray:
    """Who speaks at each sample of 8 kHz (speakers, samples), by brute force."""
    active = np.zeros((len(turns.speakers), num_samples), np.int8)
    for start, end, speaker in zip(turns.start, turns.end, turns.speaker, strict=True):
        active[speaker, round(8000 * start) : round(8000 * end)] += 1
    return active


@pytest.mark.parametrize("number", range(6))
def test_there_is_sound_where_the_truth_says_so_and_nowhere_else(speech_table: UtteranceTable, number: int) -> None:
    made = simulate(speech_table, DRY, seed=3, number=number)
    turns = Turns.of_annotation(made.reference)
    active = activity(turns, len(made.waveform))
    assert active.max() == 1, "turns of one speaker do not overlap"
    depth = active.sum(axis=0)
    assert not made.waveform[depth == 0].any()
    frames = np.abs(made.waveform[: len(made.waveform) // 800 * 800]).reshape(-1, 800).max(axis=1)
    spoken = depth[: len(frames) * 800].reshape(-1, 800).min(axis=1) > 0
    # Pauses of up to 0.3 s belong to a turn.
    assert np.mean(frames[spoken] > 0.01) > 0.9
    assert len(turns.speakers) == 2 + number
    assert made.facts.speakers == list(turns.speakers)
    assert made.facts.speech_share == pytest.approx((depth > 0).mean(), abs=1e-3)
    assert made.facts.overlap_share == pytest.approx((depth == 2).sum() / (depth > 0).sum(), abs=1e-3)
    assert depth.max() == 2
    assert len(made.waveform) == round(8000 * made.facts.seconds)


def test_turns_begin_and_end_with_their_sound(speech_table: UtteranceTable) -> None:
    """To the 50 ms that are left around speech, and two frames of 10 ms; a last bit may be these alone."""
    made = simulate(speech_table, replace(DRY, speakers=(3, 3), overlap=(0.0, 0.0)))
    turns = Turns.of_annotation(made.reference)
    late = []
    for start, end in zip(turns.start, turns.end, strict=True):
        sounding = np.flatnonzero(made.waveform[round(8000 * start) : round(8000 * end)]) / 8000
        assert sounding[0] <= 0.0701
        late.append(end - start - sounding[-1])
    assert np.mean(np.array(late) <= 0.0703) > 0.8


def harmonics(sound: np.ndarray, speaker: str) -> float:
    """The share of the power of sound at 8 kHz that lies at multiples of the pitch of one voice of the table."""
    power = np.square(np.abs(np.fft.rfft(sound * np.hanning(len(sound)))))
    pitch = 100 + 25 * int(speaker.removeprefix("voice-"))
    places = np.arange(1, 8) * pitch * len(sound) / 8000
    near = np.abs(np.arange(len(power))[:, None] - places).min(axis=1) <= 3
    return float(power[near].sum() / power.sum())


def test_turns_are_of_the_voice_that_the_truth_names(speech_table: UtteranceTable) -> None:
    made = simulate(speech_table, replace(DRY, speakers=(7, 7), overlap=(0.3, 0.3), level_spread=0.0))
    turns = Turns.of_annotation(made.reference)
    active = activity(turns, len(made.waveform))
    changes = np.flatnonzero(np.diff(active, axis=1).any(axis=0)) + 1
    alone = together = 0
    for piece in np.split(np.arange(active.shape[1]), changes):
        speaking = [turns.speakers[place] for place in np.flatnonzero(active[:, piece[0]])]
        if len(piece) < 4000 or not speaking:
            continue
        shares = [harmonics(made.waveform[piece], name) for name in speaking]
        alone, together = alone + (len(speaking) == 1), together + (len(speaking) == 2)
        assert max(shares) > 0.7 if len(shares) == 1 else min(shares) > 0.15
    assert alone > 5
    assert together > 2


def levels(made: Conversation) -> dict[str, float]:
    """The mean power of each speaker's turns that nobody falls into, in dB."""
    turns = Turns.of_annotation(made.reference)
    active = activity(turns, len(made.waveform))
    found = {}
    for place, name in enumerate(turns.speakers):
        sound = made.waveform[(active[place] > 0) & (active.sum(axis=0) == 1)].astype(np.float64)
        found[name] = 10 * np.log10(np.square(sound[np.abs(sound) > 0]).mean())
    return found


def test_every_speaker_has_a_level_of_his_own(speech_table: UtteranceTable) -> None:
    settings = replace(DRY, speakers=(7, 7), overlap=(0.0, 0.0), seconds=(60.0, 60.0))
    spreads = [
        np.std(list(levels(simulate(speech_table, replace(settings, level_spread=spread), seed=seed)).values()))
        for spread in (0.0, 6.0)
        for seed in range(3)
    ]
    assert max(spreads[:3]) < 0.5
    assert np.mean(spreads[3:]) == pytest.approx(6.0, abs=2.0)


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.3])
def test_overlap_is_what_was_asked_for(speech_table: UtteranceTable, overlap: float) -> None:
    made = simulate(speech_table, replace(DRY, speakers=(4, 4), seconds=(240.0, 240.0), overlap=(overlap, overlap)))
    assert made.facts.overlap_wanted == overlap
    assert made.facts.overlap_share == pytest.approx(overlap, abs=0.03)


def test_one_speaker_speaks_alone(speech_table: UtteranceTable) -> None:
    made = simulate(speech_table, replace(DRY, speakers=(1, 1)))
    assert len(made.facts.speakers) == 1
    assert made.facts.overlap_share == 0.0


def test_equal_seeds_give_equal_conversations(speech_table: UtteranceTable) -> None:
    settings = replace(DRY, room="simulated", noise="pink")
    one, same = (simulate(speech_table, settings, seed=1, number=2) for _ in range(2))
    assert np.array_equal(one.waveform, same.waveform)
    assert one.reference == same.reference
    assert one.facts == same.facts
    others = [simulate(speech_table, settings, seed=2, number=2), simulate(speech_table, settings, seed=1, number=3)]
    assert len({one.facts.audio_sha256, *(other.facts.audio_sha256 for other in others)}) == 3


@pytest.mark.parametrize("spread", [0.0, 8.0])
def test_noise_is_as_loud_as_asked_for(speech_table: UtteranceTable, spread: float) -> None:
    settings = replace(DRY, speakers=(5, 5), overlap=(0.0, 0.0), level=-40.0, level_spread=spread, snr=(10.0, 10.0))
    dry, noisy = (simulate(speech_table, replace(settings, noise=noise)) for noise in ("none", "pink"))
    added = (noisy.waveform - dry.waveform).astype(np.float64)
    speech = 10 * np.log10(np.mean([10 ** (level / 10) for level in levels(dry).values()]))
    assert 10 * np.log10(np.square(added).mean()) == pytest.approx(speech - 10.0, abs=0.7)
    assert noisy.reference == dry.reference, "noise changes nothing else"


def test_a_room_rings_on_and_leaves_the_truth(speech_table: UtteranceTable) -> None:
    dry, wet = (simulate(speech_table, replace(DRY, room=room)) for room in ("none", "simulated"))
    assert dry.reference == wet.reference
    silent = activity(Turns.of_annotation(dry.reference), len(dry.waveform)).sum(axis=0) == 0
    assert not dry.waveform[silent].any()
    assert wet.waveform[silent].any()


def test_without_repetition_it_ends_when_all_is_said(speech_table: UtteranceTable) -> None:
    settings = replace(DRY, speakers=(3, 3), seconds=(500.0, 500.0), repeat=False)
    made = simulate(speech_table, settings)
    assert made.facts.repeated == []
    assert 15.0 < made.facts.seconds < 60.0, "three voices of 9 s"
    assert simulate(speech_table, replace(settings, repeat=True)).facts.repeated == sorted(made.facts.speakers)


def test_memory_does_not_grow_with_the_length(speech_table: UtteranceTable) -> None:
    simulation = Simulation(speech_table, replace(DRY, seconds=(900.0, 900.0)), 0, 0)
    tracemalloc.start()
    num_samples = sum(len(block) for block in simulation.blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert num_samples == 900 * 8000
    assert peak < 4 * num_samples / 4, "a quarter of the conversation as float32 would be too much"


def test_more_speakers_than_there_are(speech_table: UtteranceTable) -> None:
    with pytest.raises(InputError, match="9 speakers needs as many, found 8"):
        simulate(speech_table, replace(DRY, speakers=(9, 9)))


def test_at_another_rate(speech_table: UtteranceTable) -> None:
    made = simulate(speech_table, replace(DRY, sample_rate=16_000))
    assert made.sample_rate == 16_000
    assert len(made.waveform) == round(16_000 * made.facts.seconds)
