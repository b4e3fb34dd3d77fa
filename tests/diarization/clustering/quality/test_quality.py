"""Weakest link, relative and additive margin: their definitions written out, and their axioms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from voxmetric.diarization.clustering.quality.additive_margin import additive_margin
from voxmetric.diarization.clustering.quality.distances import Distances
from voxmetric.diarization.clustering.quality.relative_margin import relative_margin
from voxmetric.diarization.clustering.quality.representatives import EXHAUSTIVE_COMBINATIONS, medoids
from voxmetric.diarization.clustering.quality.weakest_link import weakest_link
from voxmetric.errors import InputError

Measure = Callable[[np.ndarray, np.ndarray], float]


def naive_weakest_link(distances: np.ndarray, labels: np.ndarray) -> float:
    links = np.where(labels[:, None] == labels, distances, np.inf)
    for via in range(len(links)):  # minimax paths, as Floyd and Warshall
        links = np.minimum(links, np.maximum(links[:, via, None], links[via]))
    return links[labels[:, None] == labels].max() / distances[labels[:, None] != labels].min()


def all_representatives(labels: np.ndarray) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(np.flatnonzero(labels == cluster) for cluster in np.unique(labels)))


def naive_relative_margin(distances: np.ndarray, labels: np.ndarray) -> float:
    values = []
    for chosen in all_representatives(labels):
        ratios = []
        for point in set(range(len(labels))) - set(chosen):
            near, far = sorted(distances[point, list(chosen)])[:2]
            ratios.append(near / far)
        values.append(np.mean(ratios))
    return min(values)


def naive_additive_margin(distances: np.ndarray, labels: np.ndarray) -> float:
    values = []
    for chosen in all_representatives(labels):
        pairs = [sorted(distances[point, list(chosen)])[:2] for point in range(len(labels))]
        values.append(np.mean([far - near for near, far in pairs]))
    width = [distances[a, b] for a, b in itertools.combinations(range(len(labels)), 2) if labels[a] == labels[b]]
    return min(values) / np.mean(width)


MEASURES: dict[str, tuple[Measure, Measure, float]] = {
    "weakest_link": (lambda d, c: weakest_link(d, c, "precomputed"), naive_weakest_link, -1.0),
    "relative_margin": (lambda d, c: relative_margin(d, c, None, "precomputed"), naive_relative_margin, -1.0),
    "additive_margin": (lambda d, c: additive_margin(d, c, None, "precomputed"), naive_additive_margin, 1.0),
}


@st.composite
def clusterings(draw: st.DrawFn, most: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Distances that need not be a metric, as the paper allows, and a clustering that is not trivial."""
    points = draw(st.integers(3, most))
    labels = np.array(draw(st.lists(st.integers(0, 2), min_size=points, max_size=points)))
    assume(1 < len(np.unique(labels)) < points)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    distances = np.triu(rng.uniform(0.1, 1.0, (points, points)), 1)
    return distances + distances.T, labels


@pytest.mark.parametrize("name", MEASURES)
@given(case=clusterings())
def test_equals_the_definition_written_out(name: str, case: tuple[np.ndarray, np.ndarray]) -> None:
    measure, naive, _ = MEASURES[name]
    assert measure(*case) == pytest.approx(naive(*case), rel=1e-12)


@pytest.mark.parametrize("name", MEASURES)
@given(case=clusterings(), scale=st.floats(1e-6, 1e6))
def test_scale_invariance(name: str, case: tuple[np.ndarray, np.ndarray], scale: float) -> None:
    measure = MEASURES[name][0]
    distances, labels = case
    assert measure(scale * distances, labels) == pytest.approx(measure(distances, labels), rel=1e-9)


@pytest.mark.parametrize("name", MEASURES)
@given(case=clusterings(), seed=st.integers(0, 1000))
def test_isomorphism_invariance(name: str, case: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    measure = MEASURES[name][0]
    distances, labels = case
    order = np.random.default_rng(seed).permutation(len(labels))
    renamed = np.array([7, -3, 5])[labels[order]]
    assert measure(distances[np.ix_(order, order)], renamed) == pytest.approx(measure(distances, labels), rel=1e-9)


@pytest.mark.parametrize("name", MEASURES)
@given(case=clusterings(), seed=st.integers(0, 1000))
def test_consistency(name: str, case: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    """Clusters that shrink and move apart are at least as good."""
    measure, _, direction = MEASURES[name]
    distances, labels = case
    same = labels[:, None] == labels
    if name != "weakest_link":
        distances = np.where(same, distances, distances + 1.0)  # every representative has its own cluster around it
        np.fill_diagonal(distances, 0.0)
    factors = np.triu(np.random.default_rng(seed).uniform(0.0, 1.0, distances.shape), 1)
    factors += factors.T
    changed = distances * np.where(same, factors, 1.0 + factors)
    assert direction * measure(changed, labels) >= direction * measure(distances, labels) - 1e-12


def partitions(points: int) -> Iterator[np.ndarray]:
    """Every clustering of so many points, each once: labels in order of first appearance."""
    for labels in itertools.product(range(points), repeat=points):
        firsts = [labels.index(cluster) for cluster in dict.fromkeys(labels)]
        if list(dict.fromkeys(labels)) == list(range(len(firsts))) and 1 < len(firsts) < points:
            yield np.array(labels)


def around_centres(distances: np.ndarray, labels: np.ndarray) -> bool:
    """Whether some choice of representatives has every point strictly nearest to that of its cluster."""
    for chosen in all_representatives(labels):
        to_chosen = distances[:, list(chosen)]
        order = np.sort(to_chosen, axis=1)
        if (to_chosen.argmin(axis=1) == labels).all() and (order[:, 0] < order[:, 1]).all():
            return True
    return False


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("points", [3, 4])
def test_richness(name: str, points: int) -> None:
    """Every clustering is strictly the best for some distance; of the margins, among clusterings around centres."""
    measure, _, direction = MEASURES[name]
    everything = list(partitions(points))

    def is_best(wanted: np.ndarray, seed: int) -> bool:
        between = np.triu(np.random.default_rng(seed).uniform(1.0, 3.0, (points, points)), 1)
        distances = np.where(wanted[:, None] == wanted, 0.01, between + between.T)
        np.fill_diagonal(distances, 0.0)
        rivals = [labels for labels in everything if name == "weakest_link" or around_centres(distances, labels)]
        merits = [direction * measure(distances, labels) for labels in rivals if not np.array_equal(labels, wanted)]
        return direction * measure(distances, wanted) > max(merits, default=-np.inf)

    for wanted in everything:
        assert any(is_best(wanted, seed) for seed in range(30))  # equal distances between clusters leave ties


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_points_and_their_distances_agree(metric: str) -> None:
    rng = np.random.default_rng(0)
    points, labels = rng.standard_normal((9, 5)), np.repeat([0, 1, 2], 3)
    distances = cdist(points, points, metric)
    distances = np.triu(distances, 1) + np.triu(distances, 1).T
    for measure, naive, _ in MEASURES.values():
        assert measure(distances, labels) == pytest.approx(naive(distances, labels))
    assert weakest_link(points, labels, metric) == pytest.approx(naive_weakest_link(distances, labels))
    assert relative_margin(points, labels, None, metric) == pytest.approx(naive_relative_margin(distances, labels))
    assert additive_margin(points, labels, None, metric) == pytest.approx(naive_additive_margin(distances, labels))


def test_chains_count_by_their_largest_step_not_their_length() -> None:
    chain = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [10.5]])
    assert weakest_link(chain, [0, 0, 0, 0, 1, 1]) == pytest.approx(1.0 / 7.0)


def test_given_centres() -> None:
    line = np.array([[0.0], [1.0], [10.0], [12.0]])
    labels = [0, 0, 1, 1]
    assert relative_margin(line, labels, [0, 2]) == pytest.approx((1 / 9 + 2 / 12) / 2)
    assert relative_margin(line, labels, [[0.5], [11.0]]) == pytest.approx(
        np.mean([0.5 / 11, 0.5 / 10, 1 / 9.5, 1 / 11.5])
    )
    assert additive_margin(line, labels, [0, 2]) == pytest.approx(np.mean([10, 8, 10, 10]) / 1.5)


def test_beyond_the_bound_medoids_stand_for_their_clusters() -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((400, 3))
    labels = np.repeat([0, 1], 200)
    assert EXHAUSTIVE_COMBINATIONS < 200 * 200
    own = medoids(Distances.of(points), labels)
    sums = cdist(points, points)
    assert own.tolist() == [sums[:200, :200].sum(1).argmin(), 200 + sums[200:, 200:].sum(1).argmin()]
    for measure in (relative_margin, additive_margin):
        assert (
            measure(points, labels) == measure(points, labels, "medoids") == pytest.approx(measure(points, labels, own))
        )


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0, 1]])
def test_trivial_clusterings_have_no_quality(labels: list[int]) -> None:
    for measure in (weakest_link, relative_margin, additive_margin):
        with pytest.raises(InputError):
            measure(np.eye(3), labels)


def test_points_that_coincide() -> None:
    points = np.array([[0.0], [0.0], [0.0], [1.0]])
    assert weakest_link(points, [0, 0, 0, 1]) == 0.0
    assert weakest_link(points, [0, 0, 1, 1]) == np.inf
    assert additive_margin(points, [0, 0, 0, 1]) == np.inf
    assert additive_margin(np.zeros((4, 1)), [0, 0, 1, 1]) == 0.0
    assert relative_margin(np.zeros((4, 1)), [0, 0, 1, 1]) == 1.0


@pytest.mark.parametrize(
    ("points", "metric"),
    [
        (np.ones((3, 3)), "precomputed"),
        (np.zeros((3, 2)), "precomputed"),
        (np.zeros((3, 2)), "cosine"),
        (np.eye(3), "manhattan"),
        (np.full((3, 2), np.nan), "euclidean"),
    ],
)
def test_bad_points_are_refused(points: np.ndarray, metric: str) -> None:
    with pytest.raises(InputError):
        weakest_link(points, [0, 0, 1], metric)


def test_bad_centres_are_refused() -> None:
    for centres in ([0], [0, 9], [[0.0, 1.0]], "means"):
        with pytest.raises(InputError):
            relative_margin(np.eye(4, 3), [0, 0, 1, 1], centres)
