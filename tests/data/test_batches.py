from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxmetric.data.batches import ShuffledBatches, SpeakerBatches
from voxmetric.errors import InputError


def speakers_with(counts: list[int], seed: int = 0) -> np.ndarray:
    names = np.repeat([f"speaker{number}" for number in range(len(counts))], counts)
    return np.random.default_rng(seed).permutation(names)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(2, 12), min_size=3, max_size=12),
    speakers_per_batch=st.integers(1, 3),
    utterances_per_speaker=st.integers(1, 2),
    maximum=st.one_of(st.none(), st.integers(2, 8)),
    seed=st.integers(0, 2**40),
)
def test_speaker_batches_hold_their_promises(counts, speakers_per_batch, utterances_per_speaker, maximum, seed):
    speakers = speakers_with(counts)
    batches = SpeakerBatches(speakers, speakers_per_batch, utterances_per_speaker, seed, maximum)
    for epoch in range(2):
        used: Counter[int] = Counter()
        for place in range(batches.batches_per_epoch):
            rows = batches.batch(epoch * batches.batches_per_epoch + place)
            groups = speakers[rows].reshape(speakers_per_batch, utterances_per_speaker)
            assert rows.dtype == np.int64
            assert (groups == groups[:, :1]).all()  # one speaker's utterances after another's
            assert len(set(groups[:, 0])) == speakers_per_batch
            used.update(rows.tolist())
        assert max(used.values()) == 1
        assert max(Counter(speakers[list(used)]).values()) <= (maximum or max(counts))


def test_an_epoch_uses_every_utterance_of_even_speakers():
    speakers = speakers_with([6] * 10)
    batches = SpeakerBatches(speakers, speakers_per_batch=4, utterances_per_speaker=2, seed=1)
    assert batches.batches_per_epoch == 30 // 4
    used = np.concatenate([batches.batch(step) for step in range(batches.batches_per_epoch)])
    assert len(set(used)) == 28 * 2  # 30 groups, the last two do not fill a batch


def test_what_a_talkative_speaker_leaves_over_differs_between_epochs():
    speakers = speakers_with([40, 4, 4])
    batches = SpeakerBatches(speakers, speakers_per_batch=2, utterances_per_speaker=2, seed=0)
    steps = batches.batches_per_epoch
    epochs = [np.concatenate([batches.batch(epoch * steps + place) for place in range(steps)]) for epoch in range(60)]
    talkative = np.flatnonzero(speakers == "speaker0")
    assert set(talkative) <= set(np.concatenate(epochs))
    assert set(epochs[0]) != set(epochs[1])


def test_maximum_per_epoch_caps_talkative_speakers():
    speakers = speakers_with([30] * 4)
    free = SpeakerBatches(speakers, 2, 2, seed=0)
    capped = SpeakerBatches(speakers, 2, 2, seed=0, maximum_per_epoch=10)
    assert free.batches_per_epoch == 30
    assert capped.batches_per_epoch == 10


@pytest.mark.parametrize(
    "make",
    [lambda seed: SpeakerBatches(speakers_with([5] * 9), 4, 2, seed), lambda seed: ShuffledBatches(50, 8, seed)],
)
def test_batches_are_functions_of_seed_and_step_alone(make):
    in_order, jumping = make(3), make(3)
    expected = [in_order.batch(step) for step in range(20)]
    for step in np.random.default_rng(0).permutation(20):
        np.testing.assert_array_equal(jumping.batch(int(step)), expected[step])
    other = [make(4).batch(step) for step in range(20)]
    assert any((a != b).any() for a, b in zip(expected, other, strict=True))
    assert all(len(rows) == in_order.batch_size for rows in expected)


def test_speakers_meet_different_speakers():
    speakers = speakers_with([20] * 20)
    batches = SpeakerBatches(speakers, 5, 2, seed=0)
    met = {tuple(sorted(set(speakers[batches.batch(step)]))) for step in range(batches.batches_per_epoch)}
    assert len(met) > 0.9 * batches.batches_per_epoch


def test_shuffled_batches_permute_the_corpus():
    batches = ShuffledBatches(103, 10, seed=0)
    assert batches.batches_per_epoch == 10
    first = np.concatenate([batches.batch(step) for step in range(10)])
    second = np.concatenate([batches.batch(step) for step in range(10, 20)])
    assert len(set(first)) == len(set(second)) == 100
    assert first.min() >= 0
    assert first.max() < 103
    assert (first != second).any()


def test_a_speaker_with_too_few_utterances_is_named():
    speakers = np.array(["anna", "anna", "bert", "carl", "carl"])
    with pytest.raises(InputError, match=r"2 utterances of every speaker are needed, found fewer of bert \(1\)"):
        SpeakerBatches(speakers, 2, 2, seed=0)


def test_many_speakers_with_too_few_utterances_are_counted():
    with pytest.raises(InputError, match=r"speaker0 \(1\), speaker1 \(1\), speaker2 \(1\) and 7 more"):
        SpeakerBatches(speakers_with([1] * 10), 2, 2, seed=0)


def test_impossible_batches_are_refused():
    speakers = speakers_with([4] * 3)
    with pytest.raises(InputError, match="a batch of 4 speakers needs as many, found 3"):
        SpeakerBatches(speakers, 4, 2, seed=0)
    with pytest.raises(InputError, match="maximum_per_epoch must be at least 2, found 1"):
        SpeakerBatches(speakers, 2, 2, seed=0, maximum_per_epoch=1)
    with pytest.raises(InputError, match="speakers_per_batch must be at least 1, found 0"):
        SpeakerBatches(speakers, 0, 2, seed=0)
    with pytest.raises(InputError, match="a batch of 20 needs as many utterances, found 12"):
        ShuffledBatches(12, 20, seed=0)
