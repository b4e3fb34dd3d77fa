from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from voxmetric.diarization import speakers
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.settings import DiarizationSettings
from voxmetric.diarization.speakers import means, reassigned, without_small


def directions(labels: list[int], noise: float = 0.05, seed: int = 0) -> np.ndarray:
    vectors = np.eye(6)[labels] + noise * np.random.default_rng(seed).standard_normal((len(labels), 6))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def find_speakers(vectors: np.ndarray, seconds: np.ndarray, settings: DiarizationSettings) -> Labels:
    """Of windows that do not overlap, by average linkage."""
    chosen = dataclasses.replace(settings, clustering="agglomerative")
    return speakers.find_speakers(vectors, seconds, float(seconds.sum()), chosen, 0.7)


TRUTH = [0] * 10 + [1] * 10 + [0] * 5 + [2]
ALL = np.full(len(TRUTH), 1.5)


def test_a_tiny_cluster_joins_the_nearest_speaker() -> None:
    vectors = directions(TRUTH)
    vectors[-1] = directions([2])[0] + 0.3 * np.eye(6, dtype=np.float32)[1]
    found = find_speakers(vectors, ALL, DiarizationSettings(smallest_speaker=3.0))
    assert found.tolist() == [0] * 10 + [1] * 10 + [0] * 5 + [1]


def test_it_stays_where_as_many_speakers_are_asked_for() -> None:
    for settings in (DiarizationSettings(num_speakers=3), DiarizationSettings(min_speakers=3)):
        assert find_speakers(directions(TRUTH), ALL, settings).tolist() == TRUTH


def test_short_windows_join_the_nearest_speaker_and_make_none() -> None:
    seconds = ALL.copy()
    seconds[3:6] = 0.3
    truth = list(TRUTH)
    truth[3:6] = [1, 0, 4]
    found = find_speakers(directions(truth, noise=0.01), seconds, DiarizationSettings(smallest_speaker=1.0))
    assert found[3:5].tolist() == [1, 0]
    assert len(np.unique(found)) == 3


def test_short_windows_alone_are_clustered_all_the_same() -> None:
    found = find_speakers(directions([0, 0, 1, 1]), np.full(4, 0.2), DiarizationSettings(smallest_speaker=0.3))
    assert found.tolist() == [0, 0, 1, 1]


def test_more_speakers_than_windows_are_not_demanded() -> None:
    assert find_speakers(directions([0, 1]), np.full(2, 1.5), DiarizationSettings(num_speakers=5)).tolist() == [
        0,
        1,
    ]


def test_small_clusters_dissolve_except_the_largest_ones() -> None:
    vectors = directions([0, 1, 1, 2, 2, 2])
    labels = np.array([0, 1, 1, 2, 2, 2])
    seconds = np.ones(6)
    assert len(np.unique(without_small(labels, vectors, seconds, 3.0, 1))) == 1
    assert without_small(labels, vectors, seconds, 2.0, 1).max() == 1
    assert without_small(labels, vectors, seconds, 100.0, 2).max() == 1
    assert without_small(labels, vectors, seconds, 1.0, 1).tolist() == labels.tolist()


def test_reassignment_mends_wrong_labels_and_keeps_every_speaker() -> None:
    truth = np.array([0] * 8 + [1] * 8)
    wrong = truth.copy()
    wrong[[0, 12]] = 1, 0
    assert reassigned(wrong, directions(truth.tolist()), 10).tolist() == truth.tolist()
    assert reassigned(wrong, directions(truth.tolist()), 0).tolist() == wrong.tolist()
    twins = np.repeat(directions([0]), 3, axis=0)
    assert reassigned(np.array([0, 1, 2]), twins, 5).tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(3))
def test_means_are_of_unit_length(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, labels = rng.standard_normal((20, 5)).astype(np.float32), np.arange(20) % 4
    expected = np.stack([vectors[labels == label].mean(axis=0) for label in range(4)])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(means(vectors, labels), expected, atol=1e-6)


def test_in_a_long_recording_the_smallest_speaker_is_a_share_of_it_up_to_a_bound() -> None:
    truth = [0] * 200 + [1] * 4
    vectors, seconds = directions(truth), np.full(len(truth), 1.5)
    assert find_speakers(vectors, seconds, DiarizationSettings(smallest_share=0.01)).max() == 1
    assert find_speakers(vectors, seconds, DiarizationSettings(smallest_share=0.025)).max() == 0
    truth = [0] * 1000 + [1] * 7
    vectors, seconds = directions(truth), np.full(len(truth), 1.5)
    assert find_speakers(vectors, seconds, DiarizationSettings(smallest_share=0.5)).max() == 1


def test_windows_that_overlap_count_by_the_speech_they_cover() -> None:
    settings = DiarizationSettings(clustering="agglomerative", smallest_speaker=1.5)
    seconds = np.full(12, 1.5)
    vectors = directions([0] * 11 + [1])
    assert speakers.find_speakers(vectors, seconds, 18.0, settings, 0.7).max() == 1
    assert speakers.find_speakers(vectors, seconds, 9.0, settings, 0.7).max() == 0
