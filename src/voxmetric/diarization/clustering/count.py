"""How many clusters are asked for: a given number, or bounds."""

from __future__ import annotations

from dataclasses import dataclass

from voxmetric.errors import InputError


@dataclass(frozen=True)
class SpeakerCount:
    """Bounds of the number of clusters, both included.

    Attributes:
        least: from 1.
        most: from `least` to the number of points.
    """

    least: int
    most: int

    @classmethod
    def of(
        cls, num_points: int, num_clusters: int | None = None, min_clusters: int = 1, max_clusters: int | None = None
    ) -> SpeakerCount:
        """The bounds for `num_points` points; a given number is both, and no largest one means one for each point.

        A largest number beyond the points is harmless and lowered to them.

        Raises:
            InputError: if the bounds contradict each other, or there are too few points.
        """
        if num_clusters is not None:
            min_clusters = max_clusters = num_clusters
        most = num_points if max_clusters is None else max_clusters
        if not 1 <= min_clusters <= most:
            raise InputError(
                f"expected 1 <= min_clusters <= max_clusters, found {min_clusters} and {most}"
                + ("" if max_clusters is not None else ", which is the number of embeddings")
            )
        if min_clusters > num_points:
            raise InputError(
                f"expected at least as many embeddings as clusters, found {num_points} for {min_clusters}; "
                "ask for fewer clusters or use shorter windows"
            )
        return cls(min_clusters, min(most, num_points))

    @property
    def given(self) -> int | None:
        """The number of clusters where the bounds leave one, else None."""
        return self.least if self.least == self.most else None

    def nearest(self, number: int) -> int:
        """`number`, or the bound that it is beyond."""
        return min(max(number, self.least), self.most)

    def up_to(self, most: int) -> SpeakerCount:
        """The same with a largest number of at most `most`, where `least` allows."""
        return SpeakerCount(self.least, max(self.least, min(self.most, most)))
