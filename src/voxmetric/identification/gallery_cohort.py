"""The cohort of a gallery: read when it has changed, searched for in the gallery, and what scores are normalised by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.identification.cohort import Cohort
from voxmetric.identification.stores.store import GalleryStore, Pooling, Ranking, Vectors
from voxmetric.identification.stranger_threshold import StrangerThreshold, find_stranger_threshold
from voxmetric.scoring.backends.backend import unit


class GalleryCohort:
    """The strangers kept in `store`, the gallery at `place`."""

    def __init__(self, place: str, store: GalleryStore) -> None:
        self._place = place
        self._store = store
        self._kept: tuple[int, Cohort] | None = None

    def current(self) -> Cohort:
        """The strangers kept, those left out whose names are enrolled by now; empty where there are none."""
        revision = self._store.revision()
        if self._kept is None or self._kept[0] != revision:
            names, vectors = self._store.cohort()
            speakers = np.array(names, dtype=object)
            distinct, codes = np.unique(speakers.astype(np.str_), return_inverse=True)
            kept = ~self._store.are_enrolled(distinct.tolist())[codes]
            cohort = Cohort(speakers[kept], vectors[kept])
            if revision is None:
                return cohort
            self._kept = revision, cohort
        return self._kept[1]

    def required(self) -> Cohort:
        """The same.

        Raises:
            InputError: if there are none.
        """
        cohort = self.current()
        if not len(cohort):
            raise InputError(
                f"the gallery {self._place} has no cohort of people who are not enrolled: keep one with `voxmetric "
                "gallery GALLERY cohort --table TABLE`, or give a threshold"
            )
        return cohort

    def threshold(self, false_alarm: float, pooling: Pooling, *, normalize: bool) -> StrangerThreshold:
        """See `Gallery.stranger_threshold`."""
        scores, speakers = self._best_of_strangers(pooling, normalize)
        return find_stranger_threshold(scores, speakers, false_alarm)

    def normalize(self, rankings: list[Ranking], queries: Vectors) -> list[float | None]:
        """The normalised score of the first of each ranking; None for all where nobody is enrolled."""
        if not all(rankings):
            return [None] * len(rankings)
        best = np.array([ranking[0][1] for ranking in rankings])
        people = self._means([ranking[0][0] for ranking in rankings])
        return list(self.required().normalize(best, people, queries).tolist())

    def _best_of_strangers(self, pooling: Pooling, normalize: bool) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """The best score (R,) of each cohort recording, and its speaker (R,); kept until something changes."""
        kind, revision = f"{pooling}, normalized" if normalize else pooling, self._store.revision()
        cohort = self.required()
        if revision is not None:
            kept = self._store.kept_scores(kind, revision)
            if kept is not None and len(kept) == len(cohort):
                return kept, cohort.speakers
        rankings = self._store.nearest(cohort.vectors, 1, pooling)
        scores = np.array([ranking[0][1] if ranking else -np.inf for ranking in rankings])
        if normalize and all(rankings):
            scores = cohort.normalize_own(scores, self._means([ranking[0][0] for ranking in rankings]))
        if revision is not None:
            self._store.keep_scores(kind, revision, scores)
        return scores, cohort.speakers

    def _means(self, names: list[str]) -> Vectors:
        """Mean directions (N, D) of people."""
        distinct, places = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
        owners, vectors = self._store.vectors_of(distinct.tolist())
        sums = np.zeros((len(distinct), self._store.model.embedding_size), dtype=np.float32)
        np.add.at(sums, owners, vectors)
        return unit(sums)[places]
