from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxmetric.training.cluster_quality import cluster_quality


def entropy(values: list[object]) -> float:
    return -sum(count / len(values) * math.log(count / len(values)) for count in Counter(values).values())


def naive(clusters: list[int], speakers: list[str]) -> tuple[float, float]:
    purity = 0
    for cluster in set(clusters):
        members = [speaker for own, speaker in zip(clusters, speakers, strict=True) if own == cluster]
        purity += Counter(members).most_common(1)[0][1]
    together = entropy(list(zip(clusters, speakers, strict=True)))
    shared = entropy(list(clusters)) + entropy(list(speakers)) - together
    return purity / len(clusters), 2 * shared / (entropy(list(clusters)) + entropy(list(speakers)))


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc")), min_size=4, max_size=40))
def test_equals_counting(pairs: list[tuple[int, str]]) -> None:
    clusters, speakers = [cluster for cluster, _ in pairs], [speaker for _, speaker in pairs]
    found = cluster_quality(clusters, speakers)
    if len(set(speakers)) in (1, len(speakers)):
        assert found is None
        return
    assert found is not None
    assert (found.purity, found.nmi) == pytest.approx(naive(clusters, speakers), abs=1e-9)


def test_perfect_clusters() -> None:
    found = cluster_quality(np.array([2, 2, 0, 0, 1]), np.array(["b", "b", "c", "c", "a"]))
    assert found is not None
    assert (found.purity, found.nmi) == pytest.approx((1.0, 1.0))


def test_says_nothing_where_there_are_no_labels() -> None:
    assert cluster_quality([0, 1, 1], ["unknown"] * 3) is None
    assert cluster_quality([0, 1, 1], ["a", "b", "c"]) is None


def test_chance_is_that_of_shuffled_clusters() -> None:
    generator = np.random.default_rng(1)
    speakers = np.repeat(np.arange(300), 3).astype(str)
    random = cluster_quality(generator.permutation(np.repeat(np.arange(300), 3)), speakers)
    right = cluster_quality(np.repeat(np.arange(300), 3), speakers)
    assert random is not None
    assert right is not None
    # A high NMI that says nothing: random clusters of three are no better than other random ones.
    assert random.nmi > 0.8
    for found in (random, right):
        assert found.nmi_by_chance == pytest.approx(random.nmi, abs=0.01)
        assert found.purity_by_chance == pytest.approx(random.purity, abs=0.02)
    assert right.nmi == pytest.approx(1.0)
