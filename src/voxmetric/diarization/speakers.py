"""From embedded windows to speakers: clusters, without those that are too small to be one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.diarization import clustering
from voxmetric.diarization.clustering.labels import Labels, in_order_of_appearance
from voxmetric.diarization.same_voice import takes_threshold
from voxmetric.diarization.settings import DiarizationSettings

LARGEST_DISSOLVED = 10.0
"""Seconds of speech; in a long recording no larger cluster is dissolved for being a small share of it."""

Floats = NDArray[np.float64]


def find_speakers(
    vectors: NDArray[np.float32], seconds: Floats, speech: float, settings: DiarizationSettings, same_voice: float
) -> Labels:
    """The speaker (W,) of each window, from 0 on.

    Args:
        vectors: (W, D) of unit length, in order of time; W from 1.
        seconds: (W,) lengths of the windows, which may overlap.
        speech: seconds that all of them cover.
        settings: the clustering, the number of speakers and the smallest one.
        same_voice: the clustering's threshold, where it has one and the settings have none.

    Raises:
        InputError: for an option of the clustering that is wrong.
    """
    least, most = settings.bounds
    clustered = seconds >= min(settings.shortest_clustered, float(seconds.max()))
    if clustered.sum() < least:
        clustered[:] = True
    num = int(clustered.sum())
    options = {"threshold": same_voice} if takes_threshold(settings.clustering) else {}
    labels = clustering.cluster(
        vectors[clustered],
        settings.clustering,
        min_clusters=min(least, num),
        max_clusters=None if most is None else max(1, min(most, num)),
        **(options | dict(settings.clustering_options)),
    )
    if settings.num_speakers is None:
        own = seconds[clustered] * (speech / seconds.sum())  # of each window, as if they did not overlap
        smallest = max(settings.smallest_speaker, min(settings.smallest_share * speech, LARGEST_DISSOLVED))
        labels = without_small(labels, vectors[clustered], own, smallest, least)
    labels = reassigned(labels, vectors[clustered], settings.reassignments)
    if clustered.all():
        return in_order_of_appearance(labels)
    everyone = (vectors @ means(vectors[clustered], labels).T).argmax(axis=1)
    everyone[clustered] = labels
    return in_order_of_appearance(everyone)


def without_small(labels: Labels, vectors: NDArray[np.float32], seconds: Floats, smallest: float, least: int) -> Labels:
    """Labels (W,) where the windows of clusters of less than `smallest` seconds have gone to the nearest other one.

    The largest clusters stay, at least `least` of them.
    """
    totals = np.bincount(labels, weights=seconds)
    rank = np.argsort(np.argsort(-totals, kind="stable"))
    kept = (totals >= smallest) | (rank < max(1, least))
    if kept.all():
        return labels
    staying = np.flatnonzero(kept)
    nearest = staying[(vectors @ means(vectors, labels)[staying].T).argmax(axis=1)]
    return in_order_of_appearance(np.where(kept[labels], labels, nearest))


def reassigned(labels: Labels, vectors: NDArray[np.float32], rounds: int) -> Labels:
    """Labels (W,) after windows have moved to the speaker with the nearest mean, so many times or until none moves.

    No speaker is given up: the round before the one that would leave somebody without windows is the last.
    """
    for _ in range(rounds):
        speakers = means(vectors, labels)
        nearest = (vectors @ speakers.T).argmax(axis=1)
        if (nearest == labels).all() or len(np.unique(nearest)) < len(speakers):
            break
        labels = nearest
    return labels


def means(vectors: NDArray[np.float32], labels: Labels) -> NDArray[np.float32]:
    """The mean (K, D) of the vectors (W, D) under each label, of unit length."""
    sums = np.zeros((int(labels.max()) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, labels, vectors)
    units: NDArray[np.float32] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return units
