"""Labels that last: found voices, bounds, mended mistakes, bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from voxmetric.diarization.clustering import cluster
from voxmetric.diarization.streaming.online_clustering import OnlineClustering
from voxmetric.errors import InputError


def conversation(speakers: int, windows: int, noise: float = 0.08, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (N, 64) of turns of five windows, and who speaks (N,)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(-(-windows // 5)) % speakers, 5)[:windows]
    voices = np.linalg.qr(rng.standard_normal((64, 64)))[0][:speakers]
    return voices[labels] + noise * rng.standard_normal((windows, 64)), labels


def listen(clustering: OnlineClustering, embeddings: np.ndarray, delay: int, step: int = 3) -> np.ndarray:
    """Labels of windows that come in `step` at a time and are settled `delay` windows later."""
    labels = []
    for start in range(0, len(embeddings), step):
        clustering.add(embeddings[start : start + step])
        labels.append(clustering.settle(max(0, clustering.num_waiting - delay)))
    labels.append(clustering.settle(clustering.num_waiting))
    return np.concatenate(labels)


@pytest.mark.parametrize("speakers", [1, 2, 5])
@pytest.mark.parametrize("delay", [0, 6, 1000])
def test_voices_apart_are_told_apart_whatever_the_delay(speakers: int, delay: int) -> None:
    embeddings, truth = conversation(speakers, 240)
    labels = listen(OnlineClustering(threshold=0.7, support=2), embeddings, delay, step=5)
    assert labels.tolist() == truth.tolist()  # the first to speak is 0, the next new voice 1, ...


def test_with_all_windows_at_hand_it_is_agglomerative_clustering() -> None:
    embeddings, _ = conversation(4, 200, noise=0.12, seed=3)
    online = listen(OnlineClustering(threshold=0.7, support=1), embeddings, delay=1000)
    assert adjusted_rand_score(cluster(embeddings, "agglomerative", threshold=0.7), online) == 1.0


def test_memory_is_bounded_and_old_voices_are_known_again() -> None:
    embeddings, truth = conversation(3, 300)
    others, later = conversation(2, 2000, seed=5)
    stream = np.concatenate([embeddings, others, embeddings])
    clustering = OnlineClustering(threshold=0.7, memory=64)
    labels = listen(clustering, stream, delay=10)
    assert len(clustering._means) <= 64 + 3
    assert labels[:300].tolist() == truth.tolist()
    assert labels[-290:].tolist() == truth[-290:].tolist()
    assert adjusted_rand_score(later, labels[300:2300]) > 0.99
    assert clustering.num_speakers == 5


def test_condensing_keeps_mean_and_weight_of_every_speaker() -> None:
    embeddings, _ = conversation(3, 101)
    clustering = OnlineClustering(threshold=0.7, memory=1000)
    labels = listen(clustering, embeddings, delay=6)
    units = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    for _ in range(3):
        clustering._condense()
        for speaker in range(3):
            rows = clustering._speakers == speaker
            np.testing.assert_allclose(
                np.average(clustering._means[rows], axis=0, weights=clustering._weights[rows]),
                units[labels == speaker].mean(axis=0),
                atol=1e-5,
            )
        assert clustering._weights.sum() == 101
    assert len(clustering._means) <= 101 / 8 + 3


def test_one_stray_window_is_no_new_speaker_but_three_are() -> None:
    embeddings, _ = conversation(2, 40)
    stranger = np.zeros((1, 64))
    stranger[0, :] = np.random.default_rng(9).standard_normal(64)
    for strays, found in ((1, 2), (3, 3)):
        clustering = OnlineClustering(threshold=0.7, support=3)
        labels = listen(clustering, np.concatenate([embeddings, np.repeat(stranger, strays, axis=0)]), delay=3)
        assert clustering.num_speakers == found
        assert labels[:40].max() == 1


def test_no_more_speakers_than_allowed() -> None:
    embeddings, _ = conversation(5, 200)
    clustering = OnlineClustering(threshold=0.7, max_speakers=3)
    labels = listen(clustering, embeddings, delay=5)
    assert labels.max() + 1 == clustering.num_speakers == 3


def test_a_voice_taken_for_another_at_first_is_told_apart_later() -> None:
    """With too little to go by, the second speaker is settled as the first; with more, the name is a new one."""
    embeddings, truth = conversation(2, 60)
    clustering = OnlineClustering(threshold=0.7, support=8)
    labels = listen(clustering, embeddings, delay=0, step=1)
    assert (labels[:10] == 0).all()  # the first five of the second voice went to the first
    assert labels[30:].tolist() == truth[30:].tolist()


def test_speakers_are_numbered_without_gaps_and_each_has_a_mean() -> None:
    """A new voice that is heard, but of whom nothing is settled yet, takes no number from one that is settled."""
    embeddings, _ = conversation(4, 60)
    clustering = OnlineClustering(threshold=0.7, support=3)
    clustering.add(embeddings[[*range(5), *range(15, 20), *range(5, 10), *range(10, 15)]])
    named = []
    for count in (5, 1, 4, 5, 5):
        named += clustering.settle(count).tolist()
        assert clustering.num_speakers == max(named) + 1 == len(set(named))
        assert np.isfinite(clustering.speaker_means).all()
    assert named == np.repeat([0, 1, 2, 3], 5).tolist()


def test_bad_input_is_refused() -> None:
    for options in ({"threshold": 3.0}, {"support": 0}, {"memory": 1}, {"max_speakers": 0}):
        with pytest.raises(InputError):
            OnlineClustering(**({"threshold": 0.7} | options))
    clustering = OnlineClustering(threshold=0.7)
    with pytest.raises(InputError, match="at most 0"):
        clustering.settle(1)
    clustering.add(np.eye(2))
    with pytest.raises(InputError, match="of 2 numbers, found 3"):
        clustering.add(np.eye(3))
    with pytest.raises(InputError, match="zero"):
        clustering.add(np.zeros((1, 2)))
    assert clustering.settle(0).shape == (0,)
