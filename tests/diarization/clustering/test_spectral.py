"""Spectral clustering: its graph against one made node by node, and where there is no gap to find."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from voxmetric.diarization.clustering import cluster
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.spectral import _rows, eigengaps


@pytest.mark.parametrize("windows", [2, 3, 7, 8])
def test_few_windows_that_are_all_alike_or_all_apart_are_no_trouble(windows: int) -> None:
    for embeddings in (np.ones((windows, 4)), np.eye(windows, 8) + 0.01):
        for most in (None, 1, 2, windows):
            labels = cluster(embeddings, "spectral", max_clusters=most)
            assert 1 <= labels.max() + 1 <= (most or windows)


def naive_laplacian(embeddings: np.ndarray, neighbours: int) -> np.ndarray:
    """Of the mean of a graph of nearest neighbours and its transpose, scaled by the roots of the degrees."""
    units = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    nodes = len(units)
    joined = np.zeros((nodes, nodes))
    for node in range(nodes):
        others = sorted(
            (other for other in range(nodes) if other != node), key=lambda other: -units[node] @ units[other]
        )
        joined[node, others[:neighbours]] = 1.0
    graph = (joined + joined.T) / 2.0
    degrees = graph.sum(axis=1)
    return np.array(
        [[(a == b) - graph[a, b] / np.sqrt(degrees[a] * degrees[b]) for b in range(nodes)] for a in range(nodes)]
    )


@pytest.mark.parametrize("noise", [0.15, 0.3])
def test_gaps_are_those_of_the_graph_with_the_least_neighbours_for_its_gap(noise: float) -> None:
    labels = np.arange(40) % 3
    embeddings = np.eye(8)[labels] + noise * np.random.default_rng(0).standard_normal((40, 8))
    best = np.inf
    for neighbours in {round(number) for number in np.geomspace(6, 20, 12)}:
        values = np.linalg.eigvalsh(naive_laplacian(embeddings, neighbours))
        gaps = np.diff(values)[:20]
        if (ratio := neighbours / (gaps.max() / values[-1])) < best:
            best, expected = ratio, gaps
    found = eigengaps(embeddings.astype(np.float32), SpeakerCount(1, 40))
    assert list(found) == list(range(1, 21))
    np.testing.assert_allclose(list(found.values()), expected, atol=1e-6)
    assert cluster(embeddings, "spectral").max() + 1 == 1 + expected.argmax()


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_those_of_the_first_eigenvectors_rows(seed: int) -> None:
    labels = np.arange(40) % 4
    embeddings = np.eye(8)[labels] + 0.3 * np.random.default_rng(seed).standard_normal((40, 8))
    vectors = np.linalg.eigh(naive_laplacian(embeddings, 10))[1][:, :4]
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = KMeans(4, n_init=10, random_state=1).fit(rows).labels_
    found = cluster(embeddings, "spectral", 4, neighbours=10 / 39)
    assert adjusted_rand_score(found, expected) == 1.0


def test_rows_of_the_eigenvectors_have_unit_length() -> None:
    laplacian = naive_laplacian(np.random.default_rng(0).standard_normal((40, 6)), 6)
    rows = _rows(laplacian, 3)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    vectors = np.linalg.eigh(laplacian)[1][:, :3]
    for row, vector in zip(rows, vectors, strict=True):
        np.testing.assert_allclose(row, vector / np.sqrt((vector**2).sum()), atol=1e-6)
