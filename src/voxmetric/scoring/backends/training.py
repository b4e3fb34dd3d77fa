"""Embeddings with known speakers that a back-end is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError
from voxmetric.scoring.backends.backend import Vectors


@dataclass(frozen=True)
class TrainingSet:
    """N embeddings of S speakers, none of whom is evaluated.

    Attributes:
        vectors: (N, D).
        labels: (N,) the speaker of each.
        model: fingerprint of the model that made them.
        source: what they are, in words.
    """

    vectors: Vectors
    labels: NDArray[np.integer]
    model: str
    source: str = ""

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.labels.shape != (len(self.vectors),) or len(self.vectors) < 2:
            raise InputError(
                f"expected at least 2 embeddings of shape (N, D) and N labels to fit a back-end, found "
                f"{self.vectors.shape} and {self.labels.shape}"
            )
        if not np.isfinite(self.vectors).all():
            raise InputError("embeddings to fit a back-end to are not all finite; make them again")

    def describe(self) -> str:
        """What a back-end was fitted to, in words."""
        source = f" ({self.source})" if self.source else ""
        return f"{len(self.labels)} utterances of {len(np.unique(self.labels))} speakers{source}"


@dataclass(frozen=True)
class Scatter:
    """What two covariances are estimated from.

    Attributes:
        counts: (S,) embeddings of each speaker.
        means: (S, D) float64 mean of each speaker's.
        within: (D, D) float64 sum of the outer products of all differences from the speakers' means.
    """

    counts: NDArray[np.float64]
    means: NDArray[np.float64]
    within: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Vectors, labels: NDArray[np.integer]) -> Scatter:
        """That of vectors (N, D) with labels (N,).

        Raises:
            InputError: if there is only one speaker, or none has two embeddings.
        """
        _, speakers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(counts) < 2 or counts.max() < 2:
            raise InputError(
                f"expected several speakers, some with two recordings or more, found {len(counts)} speakers with at "
                f"most {counts.max()}: a back-end is fitted to how recordings of a speaker differ"
            )
        ordered = vectors[np.argsort(speakers, kind="stable")].astype(np.float64)
        means = np.add.reduceat(ordered, np.cumsum(counts) - counts, axis=0) / counts[:, None]
        ordered -= np.repeat(means, counts, axis=0)
        return cls(counts.astype(np.float64), means, ordered.T @ ordered)
