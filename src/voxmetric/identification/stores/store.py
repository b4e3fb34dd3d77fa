"""What a gallery asks of the place where it keeps its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from voxmetric.identification.recall import Recall

Vectors = NDArray[np.float32]
Pooling = Literal["mean", "max"]
Ranking = list[tuple[str, float]]
"""Names with their scores, best first."""


@dataclass(frozen=True)
class ModelIdentity:
    """The model that a gallery's embeddings are of.

    Attributes:
        fingerprint: of its configuration and weights.
        embedding_size: D.
        source: where it was loaded from, so that the next command finds it; empty where unknown.
    """

    fingerprint: str
    embedding_size: int
    source: str = ""

    def check(self, other: ModelIdentity, place: str) -> None:
        """Refuse another model than the one of the gallery at `place`.

        Raises:
            InputError: if the fingerprints or the sizes differ.
        """
        if (self.fingerprint, self.embedding_size) != (other.fingerprint, other.embedding_size):
            known = f" ({self.source})" if self.source else ""
            raise InputError(
                f"the gallery {place} holds embeddings of the model {self.fingerprint[:12]}{known} with "
                f"{self.embedding_size} numbers, found {other.fingerprint[:12]} with {other.embedding_size}: "
                "use that model, or enrol everybody in a new gallery"
            )


class GalleryStore(Protocol):
    """People by name, each with embeddings of unit length by recording; safe for several processes at once."""

    transaction_rows: int
    """How many recordings to add at once when there are many."""

    @property
    def model(self) -> ModelIdentity:
        """What the embeddings are of."""

    def __len__(self) -> int:
        """The number of people."""

    def counts(self) -> dict[str, int]:
        """How many recordings each person has, by name."""

    def recordings(self, name: str) -> list[str]:
        """The ids of a person's recordings; none for somebody who is not there."""

    def contains(self, names: Sequence[str], recordings: Sequence[str]) -> NDArray[np.bool_]:
        """Which of N recordings are enrolled for which of N people: (N,)."""

    def add(self, names: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        """Add N recordings, all of them or none; a person's recording of the same id is replaced. Durable on return."""

    def replace(self, name: str, recordings: Sequence[str], vectors: Vectors) -> None:
        """Put N recordings in the place of all that a person has, in one step; durable on return."""

    def remove(self, name: str) -> bool:
        """Forget a person; False if there was none of that name. Durable on return."""

    def vectors_of(self, names: Sequence[str]) -> tuple[NDArray[np.int64], Vectors]:
        """All embeddings (R, D) of people, and the place (R,) among `names` of whom each is of, in rising order."""

    def set_cohort(self, speakers: Sequence[str], recordings: Sequence[str], vectors: Vectors) -> None:
        """Keep N recordings of strangers in the place of those kept before, in one step; durable on return."""

    def cohort(self) -> tuple[list[str], Vectors]:
        """The speakers (N) and embeddings (N, D) of the strangers kept."""

    def are_enrolled(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which of N names are people's: (N,)."""

    def keep_scores(self, kind: str, revision: int, scores: NDArray[np.float64]) -> None:
        """Keep scores (R,) of a kind that were found at a revision, if there is a place for them."""

    def kept_scores(self, kind: str, revision: int) -> NDArray[np.float64] | None:
        """Those kept last, if they are of that revision."""

    def revision(self) -> int | None:
        """A number that every change makes another one; None where changes cannot be told."""

    def nearest(self, queries: Vectors, top: int, pooling: Pooling) -> list[Ranking]:
        """For each of Q queries (Q, D) of unit length, the `top` people of highest cosine.

        `mean`: cosine with the mean of a person's embeddings; `max`: with the nearest of them.
        """

    def build_index(self) -> Recall:
        """Make searching fast, at the price of exactness, and measure that price."""

    def close(self) -> None:
        """Let go of files and connections."""
