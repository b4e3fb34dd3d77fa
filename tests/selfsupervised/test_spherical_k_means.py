from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from voxmetric.errors import InputError
from voxmetric.selfsupervised import spherical_k_means as module
from voxmetric.selfsupervised.spherical_k_means import nearest_centroids, spherical_k_means


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def groups(count: int, each: int, spread: float) -> tuple[torch.Tensor, np.ndarray]:
    """Points around orthogonal directions, of any lengths, in a random order, with the number of their direction."""
    labels = torch.arange(count).repeat(each)[torch.randperm(count * each, generator=seeded(1))]
    points = torch.eye(count + 2, dtype=torch.float64)[labels]
    points = points + spread * torch.randn(points.shape, generator=seeded(2), dtype=torch.float64)
    return points * (1 + torch.rand(len(points), 1, generator=seeded(3), dtype=torch.float64)), labels.numpy()


def naive(points: torch.Tensor, clusters: int, seed: int, iterations: int) -> tuple[torch.Tensor, list[int]]:
    rows = [row / row.norm() for row in points]
    centroids = [rows[number] for number in torch.randperm(len(rows), generator=seeded(seed))[:clusters].tolist()]

    def nearest() -> list[int]:
        return [max(range(clusters), key=lambda one: float(row @ centroids[one])) for row in rows]

    for _ in range(iterations):
        own = nearest()
        cosines = [float(row @ centroids[cluster]) for row, cluster in zip(rows, own, strict=True)]
        farthest = iter(sorted(range(len(rows)), key=cosines.__getitem__))
        for cluster in range(clusters):
            members = [row for row, mine in zip(rows, own, strict=True) if mine == cluster]
            mean = torch.stack(members).sum(0) if members else rows[next(farthest)]
            centroids[cluster] = mean / mean.norm()
    return torch.stack(centroids), nearest()


@pytest.mark.parametrize("block", [2**24, 40])
def test_equals_loops(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(module, "BLOCK_ELEMENTS", block)
    points = torch.randn(40, 3, dtype=torch.float64, generator=seeded())
    centroids, labels = spherical_k_means(points, 9, seeded(5), iterations=4)
    expected, own = naive(points, 9, 5, 4)
    torch.testing.assert_close(centroids, expected)
    assert labels.tolist() == own


def test_agrees_with_sklearn_on_clear_groups() -> None:
    points, truth = groups(5, 30, 0.05)
    directions = (points / points.norm(dim=1, keepdim=True)).numpy()
    theirs = KMeans(5, n_init=10, random_state=0).fit(directions)
    attempts = [spherical_k_means(points, 5, seeded(seed)) for seed in range(10)]
    centroids, labels = max(attempts, key=lambda one: float(nearest_centroids(points, one[0])[1].sum()))
    assert adjusted_rand_score(theirs.labels_, labels.numpy()) == 1.0
    assert adjusted_rand_score(truth, labels.numpy()) == 1.0
    means = torch.from_numpy(theirs.cluster_centers_)
    means = means / means.norm(dim=1, keepdim=True)
    assert (centroids @ means.T).max(1).values.min() > 1 - 1e-9


def test_clusters_without_points_are_filled_again() -> None:
    # Nine points of one direction and one of another: the start most often draws the same direction twice.
    points = torch.tensor([[1.0, 0.0]] * 9 + [[0.0, 1.0]])
    for seed in range(5):
        labels = spherical_k_means(points, 2, seeded(seed), iterations=3)[1]
        assert len(labels.unique()) == 2


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**31))
def test_assignments_are_to_the_nearest_unit_centroid(rows: int, clusters: int, seed: int) -> None:
    points = torch.randn(rows, 3, generator=seeded(seed), dtype=torch.float64)
    clusters = min(clusters, rows)
    centroids, labels = spherical_k_means(points, clusters, seeded(seed), iterations=3)
    torch.testing.assert_close(centroids.norm(dim=1), torch.ones(clusters, dtype=torch.float64))
    cosines = points / points.norm(dim=1, keepdim=True) @ centroids.T
    torch.testing.assert_close(cosines.gather(1, labels[:, None])[:, 0], cosines.max(1).values)


def test_takes_half_precision_and_repeats_itself() -> None:
    points = torch.randn(50, 4, generator=seeded()).bfloat16()
    first, second = (spherical_k_means(points, 6, seeded(2)) for _ in range(2))
    assert first[0].dtype == torch.float32
    assert first[0].equal(second[0])
    assert first[1].equal(second[1])


@pytest.mark.parametrize(("clusters", "iterations"), [(0, 1), (5, 1), (2, 0)])
def test_refuses_what_cannot_be(clusters: int, iterations: int) -> None:
    with pytest.raises(InputError, match="from 1 to 4 clusters"):
        spherical_k_means(torch.randn(4, 2), clusters, seeded(), iterations)


def test_a_centroid_without_points_becomes_the_point_farthest_from_its_own() -> None:
    angles = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.6, 1.4])
    points = torch.stack([angles.cos(), angles.sin()], 1)
    starts = {seed: torch.randperm(6, generator=torch.Generator().manual_seed(seed))[:2] for seed in range(50)}
    seed = next(seed for seed, start in starts.items() if (start < 4).all())  # both centroids at 0: one stays empty
    centroids, nearest = spherical_k_means(points, 2, torch.Generator().manual_seed(seed), iterations=1)
    assert any(torch.allclose(centroid, points[5]) for centroid in centroids)
    assert (nearest[:5] == nearest[0]).all()
    assert nearest[5] != nearest[0]
