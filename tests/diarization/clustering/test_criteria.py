"""Criteria of a number of clusters against other people's and densities written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.metrics import pairwise_distances, silhouette_score

from voxmetric.diarization.clustering.criteria import bic, silhouette

LABELS = np.array([0, 1, 0, 2, 1, 1, 0, 3, 2, 2, 1, 0])  # one of them alone


@pytest.fixture
def points() -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(12, 3)) + 2.0 * np.eye(4, 3)[LABELS]).astype(np.float32)


def test_silhouette_equals_that_of_scikit_learn(points: np.ndarray) -> None:
    distances = pairwise_distances(points.astype(np.float64), metric="cosine")
    np.fill_diagonal(distances, 0.0)
    assert silhouette(distances, LABELS) == pytest.approx(silhouette_score(distances, LABELS, metric="precomputed"))


@pytest.mark.parametrize("clusters", [1, 2, 4])
def test_bic_is_that_of_a_mixture_whose_members_are_known(points: np.ndarray, clusters: int) -> None:
    labels = LABELS % clusters
    means = np.array([points[labels == label].mean(axis=0) for label in range(clusters)])
    variance = np.square(points - means[labels]).sum() / (3 * (12 - clusters))
    likelihood = sum(
        multivariate_normal(means[label], variance * np.eye(3)).logpdf(point) + math.log((labels == label).mean())
        for point, label in zip(points, labels, strict=True)
    )
    parameters = clusters - 1 + 3 * clusters + 1  # shares, means, the variance
    assert bic(points, labels) == pytest.approx((likelihood - parameters / 2 * math.log(12)) / 12, rel=1e-5)


def test_bic_where_clusters_are_points(points: np.ndarray) -> None:
    assert bic(points, np.arange(12)) == -math.inf
    assert bic(np.repeat(points[:2], 3, axis=0), np.repeat([0, 1], 3)) == math.inf
