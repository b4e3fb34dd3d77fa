"""Who speaks next and when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.diarization.simulation.settings import ConversationSettings
from voxmetric.diarization.simulation.turn_taking import Floor, Order


@pytest.mark.parametrize("count", [1, 2, 7, 10])
def test_everyone_is_heard(count: int) -> None:
    settings = ConversationSettings(speakers=(count, count))
    for seed in range(20):
        order = Order(settings, count, 60.0, np.random.default_rng(seed))
        now, heard = 0.0, []
        while now < 60.0:
            heard.append(order.speaker(now, range(count)))
            now += 3.0
        assert set(heard) == set(range(count))
        assert not order.unheard


def test_speakers_come_back() -> None:
    settings = ConversationSettings(continue_probability=0.0, return_probability=1.0)
    order = Order(settings, 5, 1000.0, np.random.default_rng(0))
    heard = [order.speaker(0.0, range(5)) for _ in range(10)]
    assert heard == heard[:2] * 5, "with certain returns, two keep talking to each other"


def test_only_the_able_speak() -> None:
    order = Order(ConversationSettings(), 4, 10.0, np.random.default_rng(0))
    assert {order.speaker(now, [1, 3]) for now in np.linspace(0.0, 10.0, 50).tolist()} == {1, 3}
    assert order.speaker(5.0, [2]) == 2


def test_turn_lengths_are_log_normal() -> None:
    settings = ConversationSettings(turn_seconds=2.0, turn_spread=0.5)
    order = Order(settings, 2, 10.0, np.random.default_rng(0))
    lengths = np.log([order.turn_seconds() for _ in range(4000)])
    assert np.exp(np.median(lengths)) == pytest.approx(2.0, rel=0.05)
    assert lengths.std() == pytest.approx(0.5, rel=0.05)


def laid_out(overlap: float, seed: int, count: int = 4, turns: int = 150) -> tuple[np.ndarray, list[int]]:
    """Who speaks in each millisecond (speakers, time), by brute force, and the starts."""
    rng = np.random.default_rng(seed)
    floor = Floor(ConversationSettings(), overlap, rng)
    active = np.zeros((count, 3_000_000), np.int8)
    starts, speaker, last = [], 0, 0
    for _ in range(turns):
        speaker = int(rng.integers(count)) if rng.random() < 0.8 else speaker
        length = 10 * int(rng.integers(30, 600))
        middle = 10 * int(rng.integers(5, length // 10 - 4)) if length > 1000 else 0
        spans = np.array([[0, middle], [min(middle + 400, length - 40), length]] if middle else [[0, length]])
        start = floor.place(speaker, spans)
        starts.append(start)
        for first, end in spans + start:
            active[speaker, first:end] += 1
        last = max(last, start + length)
    assert floor.end == last
    return active[:, :last], starts


@given(overlap=st.sampled_from([0.0, 0.05, 0.1, 0.2]), seed=st.integers(0, 1000))
def test_the_overlap_asked_for_is_met(overlap: float, seed: int) -> None:
    active, starts = laid_out(overlap, seed)
    depth = active.sum(axis=0)
    assert depth.max() <= 2
    assert active.max() <= 1, "nobody speaks over himself"
    assert (np.diff(starts) > 0).all()
    share = np.count_nonzero(depth == 2) / np.count_nonzero(depth)
    assert share == pytest.approx(overlap, abs=0.02)


def test_pauses_are_exponential() -> None:
    active, _ = laid_out(0.0, 3, turns=400)
    silent = np.diff(np.flatnonzero(np.diff(np.r_[1, active.sum(axis=0), 1] > 0)).reshape(-1, 2)).ravel()
    between = silent[silent < 5000]
    # The pauses inside the turns above are of 0.4 s at most; leave out what they could be.
    assert np.mean(between[between > 400] - 400) == pytest.approx(500, rel=0.2), "memoryless"
