"""Average linkage against joining clusters one pair after the other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from voxmetric.diarization.clustering import cluster


def naive(embeddings: np.ndarray, threshold: float, least: int, most: int) -> list[set[int]]:
    """Join the two clusters of the least mean cosine distance while it is within the threshold or bounds demand it."""
    units = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    distances = 1.0 - units @ units.T
    clusters = [{place} for place in range(len(units))]
    while len(clusters) > least:
        pairs = list(combinations(range(len(clusters)), 2))
        means = [np.mean([distances[a, b] for a in clusters[one] for b in clusters[other]]) for one, other in pairs]
        if min(means) > threshold and len(clusters) <= most:
            break
        one, other = pairs[int(np.argmin(means))]
        clusters[one] |= clusters.pop(other)
    return clusters


@pytest.mark.parametrize(("least", "most"), [(1, 25), (4, 4), (6, 25), (1, 3)])
@pytest.mark.parametrize("threshold", [0.2, 0.6, 0.9, 1.1])
def test_clusters_are_those_joined_one_after_the_other(threshold: float, least: int, most: int) -> None:
    embeddings = np.random.default_rng(0).standard_normal((25, 4)) + 2.0 * np.eye(4)[np.arange(25) % 4]
    labels = cluster(embeddings, "agglomerative", min_clusters=least, max_clusters=most, threshold=threshold)
    found = [set(np.flatnonzero(labels == label).tolist()) for label in range(int(labels.max()) + 1)]
    assert sorted(found, key=min) == sorted(naive(embeddings, threshold, least, most), key=min)


def test_a_merge_at_the_threshold_is_made() -> None:
    assert cluster(np.eye(2)[[0, 0, 1, 1]], "agglomerative", threshold=1.0).tolist() == [0, 0, 0, 0]
