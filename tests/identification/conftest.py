"""A gallery without a network: a model that turns samples into embeddings by a fixed projection."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.identification.gallery import Gallery


class Projection:
    """Embeds a file name or samples by a hash-seeded direction: equal sources, equal embeddings."""

    fingerprint = "projection"
    embedding_size = 8

    def embed(self, sources):
        seeds = [np.frombuffer(str(source).encode(), dtype=np.uint8) for source in sources]
        vectors = np.stack([np.random.default_rng(seed).standard_normal(8) for seed in seeds])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def model() -> Projection:
    return Projection()


@pytest.fixture
def gallery(tmp_path, model):
    with Gallery.open(tmp_path / "gallery", model=model) as opened:
        yield opened


@pytest.fixture(scope="session")
def voices():
    """40 people with 3 recordings each: names (120,) and embeddings (120, 8)."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((40, 8))
    vectors = np.repeat(centres, 3, axis=0) + 0.3 * rng.standard_normal((120, 8))
    names = np.repeat([f"person {number}" for number in range(40)], 3)
    return names, vectors.astype(np.float32)
