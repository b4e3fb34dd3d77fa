"""Cosine of the embeddings."""

from __future__ import annotations

from voxmetric.scoring.backends.backend import Indices, InnerProducts, Vectors, mean_of_models, unit


class Cosine(InnerProducts):
    """Cosine of a model and a recording; several recordings of a model are averaged as unit vectors."""

    def enrol(self, vectors: Vectors, owners: Indices, num_models: int) -> Vectors:
        """Unit-length directions (M, D)."""
        return unit(mean_of_models(unit(vectors), owners, num_models))

    def test(self, vectors: Vectors) -> Vectors:
        """Unit-length directions (N, D)."""
        return unit(vectors)
