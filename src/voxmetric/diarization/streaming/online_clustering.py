"""Clustering of windows that arrive one after the other: a label, once given, stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.agglomerative import average_linkage, clusters_below, cut
from voxmetric.diarization.clustering.count import SpeakerCount
from voxmetric.diarization.clustering.labels import Labels, in_order_of_appearance
from voxmetric.diarization.clustering.points import Points, check_points, unit_rows
from voxmetric.diarization.clustering.quality.distances import Floats
from voxmetric.errors import InputError

NEW = -1
"""Stands for the speaker of a window that is not settled yet."""


class OnlineClustering:
    """Average linkage over all that was heard so far, again at each step, with names that last.

    What is settled keeps its speaker. Each step clusters the past together with the windows that wait; every cluster
    takes the name of the speaker with whom it shares most of the past, one to one, and one without a past becomes a
    new speaker once enough windows speak for it. A mistake of the past is thus mended from then on. The past is
    kept as at most `memory` means of consecutive windows of one speaker, so that a step costs the same however long it
    has gone on.

    Args:
        threshold: mean cosine distance above which two clusters are two speakers, as of `agglomerative`.
        max_speakers: largest number of speakers that is ever named; None: no bound.
        support: windows that a cluster needs to be a new speaker; fewer go to the nearest one.
        memory: means kept, at least 2.

    Raises:
        InputError: for an option out of range.
    """

    def __init__(
        self, *, threshold: float, max_speakers: int | None = None, support: int = 3, memory: int = 600
    ) -> None:
        if not 0.0 <= threshold <= 2.0 or support < 1 or memory < 2 or (max_speakers is not None and max_speakers < 1):
            raise InputError(
                "expected a threshold in [0, 2], a support from 1, a memory from 2 and at least one speaker, found "
                f"{threshold}, {support}, {memory} and {max_speakers}"
            )
        self._threshold = threshold
        self._most = max_speakers
        self._support = support
        self._memory = memory
        self._means: Points = np.empty((0, 0), dtype=np.float32)
        self._weights: Floats = np.empty(0)
        self._speakers: Labels = np.empty(0, dtype=np.int64)

    @property
    def num_speakers(self) -> int:
        """Speakers named so far."""
        return int(self._speakers.max(initial=NEW)) + 1

    @property
    def speaker_means(self) -> Points:
        """The mean voice (S, D) of each speaker, of unit length."""
        sums = np.zeros((self.num_speakers, self._means.shape[1]), dtype=np.float32)
        past = self._speakers != NEW
        np.add.at(sums, self._speakers[past], (self._means * self._weights[:, None].astype(np.float32))[past])
        return unit_rows(sums)

    @property
    def num_waiting(self) -> int:
        """Windows added and not settled yet."""
        return int((self._speakers == NEW).sum())

    def add(self, embeddings: ArrayLike) -> None:
        """Take in windows (K, D), in order of time, to be settled later.

        Raises:
            InputError: for embeddings of another shape or length, zero or not finite.
        """
        units = unit_rows(check_points(embeddings))
        if len(self._means) and units.shape[1] != self._means.shape[1]:
            raise InputError(f"expected embeddings of {self._means.shape[1]} numbers, found {units.shape[1]}")
        self._means = np.concatenate([self._means, units]) if len(self._means) else units
        self._weights = np.concatenate([self._weights, np.ones(len(units))])
        self._speakers = np.concatenate([self._speakers, np.full(len(units), NEW)])

    def settle(self, count: int) -> Labels:
        """The speakers (count,) of the windows that have waited longest, for good; the others are listened to.

        Raises:
            InputError: if fewer wait.
        """
        if not 0 <= count <= self.num_waiting:
            raise InputError(f"expected at most {self.num_waiting} windows to settle, found {count}")
        if count == 0:
            return np.empty(0, dtype=np.int64)
        first = len(self._means) - self.num_waiting
        clusters = self._clusters()
        settled = self._names(clusters)[clusters[first : first + count]]
        # Only those count as new speakers of whom something is settled, in the order in which they speak.
        known = self.num_speakers
        new = settled >= known
        settled[new] = known + in_order_of_appearance(settled[new])
        self._speakers[first : first + count] = settled
        if len(self._means) > self._memory:
            self._condense()
        return settled.copy()

    def _clusters(self) -> Labels:
        """A cluster (M,) for each mean."""
        bounds = SpeakerCount.of(len(self._means), max_clusters=self._most)
        tree = average_linkage(self._means)
        return cut(tree, bounds.nearest(clusters_below(tree, self._threshold)))

    def _names(self, clusters: Labels) -> Labels:
        """The speaker (C,) of each cluster; from the number known so far on they are new ones."""
        from scipy.optimize import linear_sum_assignment

        number, known = int(clusters.max()) + 1, self.num_speakers
        names = np.full(number, NEW)
        past = self._speakers != NEW
        shared = np.zeros((number, max(known, 1)))
        np.add.at(shared, (clusters[past], self._speakers[past]), self._weights[past])
        rows, columns = linear_sum_assignment(shared, maximize=True)
        agreeing = shared[rows, columns] > 0
        names[rows[agreeing]] = columns[agreeing]

        sizes = np.bincount(clusters, weights=self._weights, minlength=number)
        nameless = np.flatnonzero(names == NEW)
        nameless = nameless[np.argsort(-sizes[nameless], kind="stable")]
        # Somebody speaks, even before there are windows enough to be sure of a voice.
        chosen = nameless[(sizes[nameless] >= self._support) | ((known == 0) & (np.arange(len(nameless)) == 0))]
        if self._most is not None:
            chosen = chosen[: max(0, self._most - known)]
        names[chosen] = known + np.arange(len(chosen))
        return self._nearest_named(clusters, names)

    def _nearest_named(self, clusters: Labels, names: Labels) -> Labels:
        """`names` (C,), where a cluster without one takes that of the most alike cluster that has one."""
        if not (names == NEW).any():
            return names
        centroids = np.zeros((len(names), self._means.shape[1]))
        np.add.at(centroids, clusters, self._means * self._weights[:, None])
        directions = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
        alike = directions @ directions.T
        alike[:, names == NEW] = -np.inf
        nearest: Labels = names[alike.argmax(axis=1)]
        return np.where(names == NEW, nearest, names)

    def _condense(self) -> None:
        """Take together neighbours in time of one speaker, two and two."""
        settled = np.flatnonzero(self._speakers != NEW)
        order = settled[np.argsort(self._speakers[settled], kind="stable")]
        speakers = self._speakers[order]
        starts = np.flatnonzero(np.r_[True, speakers[1:] != speakers[:-1]])
        place = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
        pair = np.cumsum((place % 2 == 0).astype(np.int64)) - 1
        weights = np.bincount(pair, weights=self._weights[order])
        sums = np.zeros((len(weights), self._means.shape[1]))
        np.add.at(sums, pair, self._means[order] * self._weights[order, None])
        heads = order[place % 2 == 0]
        back = np.argsort(heads, kind="stable")  # in order of time again
        waiting = self._speakers == NEW
        means = np.asarray(sums / weights[:, None], dtype=np.float32)[back]
        self._means = np.concatenate([means, self._means[waiting]])
        self._weights = np.concatenate([weights[back], self._weights[waiting]])
        self._speakers = np.concatenate([self._speakers[heads][back], self._speakers[waiting]])
