from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from voxmetric.errors import InputError
from voxmetric.training.embedding_clusters import check_numbers, cluster
from voxmetric.training.recipe import PseudoLabels

CPU = torch.device("cpu")


@pytest.fixture
def groups() -> tuple[np.ndarray, np.ndarray]:
    """Vectors around ten orthogonal directions, with the number of their direction."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(10).repeat(30))
    return (np.eye(10)[labels] + 0.03 * rng.normal(size=(300, 10))).astype(np.float32), labels


def test_joining_many_centroids_finds_the_groups(groups: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, truth = groups
    plan = PseudoLabels(clusters=10, clustering="agglomerative", first_clusters=60)
    assert adjusted_rand_score(truth, cluster(vectors, plan, 0, CPU)) == 1.0


@pytest.mark.parametrize("plan", [{}, {"clustering": "agglomerative", "first_clusters": 40}])
def test_is_a_function_of_the_seed_without_gaps(groups: tuple[np.ndarray, np.ndarray], plan: dict[str, Any]) -> None:
    vectors, _ = groups
    chosen = PseudoLabels(clusters=7, **plan)
    labels = cluster(vectors, chosen, 3, CPU)
    assert labels.tolist() == cluster(vectors, chosen, 3, CPU).tolist()
    assert np.unique(labels).tolist() == list(range(7))


def test_refuses_too_few_first_clusters(groups: tuple[np.ndarray, np.ndarray]) -> None:
    plan = PseudoLabels(clusters=10, clustering="agglomerative", first_clusters=10)
    with pytest.raises(InputError, match="first_clusters"):
        cluster(groups[0], plan, 0, CPU)


@pytest.mark.parametrize(
    ("plan", "key"),
    [
        (PseudoLabels(clusters=11), "clusters"),
        (PseudoLabels(clusters=5, clustering="agglomerative", first_clusters=11), "first_clusters"),
    ],
)
def test_refuses_more_clusters_than_recordings(plan: PseudoLabels, key: str) -> None:
    with pytest.raises(InputError, match=rf"pseudo_labels\.{key} is 11, but there are 10 training recordings"):
        check_numbers(plan, 10)
    check_numbers(plan, 11)
