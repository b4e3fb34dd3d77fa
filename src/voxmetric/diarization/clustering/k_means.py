"""k-means by cosine or Euclidean distance."""

from __future__ import annotations

import warnings

import numpy as np

from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.labels import Labels
from voxmetric.diarization.clustering.one_thread import one_thread
from voxmetric.diarization.clustering.points import LARGEST_COUNTED, Points, evenly_chosen, unit_rows
from voxmetric.errors import unknown_name

DISTANCES = ("cosine", "euclidean")
SPHERICAL_ITERATIONS = 50


def k_means(
    embeddings: Points,
    count: SpeakerCount,
    *,
    distance: str = "cosine",
    criterion: str = "silhouette",
    restarts: int = 4,
    seed: int = 0,
) -> Labels:
    """Labels of k-means with k-means++ starts, the best of `restarts`.

    Where the number is not given, it is chosen by `number.choose_number` with `criterion`, and so is whether there is
    one speaker; up to `number.LARGEST` clusters are tried, on an even selection of at most `points.LARGEST_COUNTED`.

    Args:
        embeddings: (N, D).
        count: bounds of the number of clusters.
        distance: `cosine` (spherical k-means: centroids and points are directions) or `euclidean`.
        criterion: that counts where the number is not given.
        restarts: starts, of which the one with the least inertia is kept.
        seed: of the starts.

    Returns:
        (N,) labels.

    Raises:
        InputError: for an unknown distance or criterion.

    Source:
        Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding"; Dhillon and Modha 2001, "Concept
        decompositions for large sparse text data using clustering".
    """
    if distance not in DISTANCES:
        raise unknown_name("distance of k-means", distance, DISTANCES)
    number = count.given
    if number is None:
        from voxmetric.diarization.clustering.number import LARGEST, choose_number

        bounds = count.up_to(LARGEST)
        choice = choose_number(
            evenly_chosen(embeddings, LARGEST_COUNTED),
            "k_means",
            criterion,
            min(bounds.least, LARGEST_COUNTED),
            min(bounds.most, LARGEST_COUNTED),
            distance=distance,
            restarts=restarts,
            seed=seed,
        )
        if len(choice.labels) == len(embeddings):
            return choice.labels
        number = count.nearest(choice.number)
    if distance == "euclidean":
        return fit(embeddings, number, restarts, seed)[1]
    units = unit_rows(embeddings)
    return _spherical(units, fit(units, number, restarts, seed)[1])


def fit(points: Points, clusters: int, restarts: int = 4, seed: int = 0) -> tuple[Points, Labels]:
    """Euclidean k-means with k-means++ starts: centroids (K, D) and labels (N,).

    K is lower than `clusters` where fewer points are distinct.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than clusters: seen in the labels
        found = KMeans(clusters, n_init=restarts, random_state=seed).fit(points)
    used, labels = np.unique(found.labels_, return_inverse=True)
    return found.cluster_centers_[used], labels


def nearest_by_cosine(units: Points, centroids: Points) -> Labels:
    """The centroid (K, D) of the largest cosine for each unit row (N, D)."""
    lengths = np.linalg.norm(centroids, axis=1, keepdims=True)
    nearest: Labels = (units @ (centroids / np.maximum(lengths, np.finfo(np.float32).tiny)).T).argmax(axis=1)
    return nearest


def centroids_of(points: Points, labels: Labels) -> Points:
    """The mean (K, D) of each cluster of labels 0 to K - 1, none of them empty."""
    members = np.zeros((int(labels.max()) + 1, len(points)), dtype=np.float32)
    members[labels, np.arange(len(points))] = 1.0
    means: Points = (members @ points) / members.sum(axis=1, keepdims=True)
    return means


def _spherical(units: Points, labels: Labels) -> Labels:
    """Alternate directions and nearest directions until nothing moves; a step that would empty a cluster is not made.

    Euclidean k-means of unit rows is where to start: it differs only in that its centroids keep their lengths.
    """
    for _ in range(SPHERICAL_ITERATIONS):
        moved = nearest_by_cosine(units, centroids_of(units, labels))
        if np.array_equal(moved, labels) or len(np.unique(moved)) <= labels.max():
            break
        labels = moved
    return labels
