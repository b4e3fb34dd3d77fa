"""Whole conversations, and whether their truth is true."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from voxmetric.data.turns import Turns
from voxmetric.data.utterances import UtteranceTable
from voxmetric.diarization.simulation import ConversationSettings, Simulation, simulate
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


def test_noise_is_as_loud_as_asked_for(speech_table: UtteranceTable) -> None:
    dry, noisy = (
        simulate(speech_table, replace(DRY, noise=noise, snr=(10.0, 10.0), level_spread=0.0))
        for noise in ("none", "pink")
    )
    added = (noisy.waveform - dry.waveform).astype(np.float64)
    assert 10 * np.log10(np.square(added).mean()) == pytest.approx(DRY.level - 10.0, abs=0.7)
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
