"""Mean cosine of all pairs of crops (Lepage and Dehak's evaluation)."""

from __future__ import annotations

from typing import ClassVar

from voxmetric.scoring.backends.backend import Indices, InnerProducts, Vectors, mean_of_models, unit


class CropsCosine(InnerProducts):
    """Mean of the cosines of every crop of one side with every crop of the other.

    That is the inner product of the two mean unit vectors, which are not scaled to unit length again.
    """

    takes_crops: ClassVar[bool] = True

    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """Mean unit vectors (M, D) of all crops of all recordings of each model."""
        return mean_of_models(self.test(vectors), owners, num_models)

    def test(self, vectors: Vectors) -> Vectors:
        """Mean unit vectors (N, D) of the crops (N, C, D)."""
        means: Vectors = unit(vectors).mean(axis=1)
        return means
