from __future__ import annotations

import numpy as np
import pytest

from voxmetric.scoring import pair_products
from voxmetric.scoring.backends.crops_cosine import CropsCosine
from voxmetric.scoring.backends.crops_distance import CropsDistance


def naive(kind: str, enrolled: list[np.ndarray], tested: np.ndarray) -> float:
    """Crop by crop, of all crops of all recordings of a model."""
    found = []
    for one in np.concatenate(enrolled).astype(float):
        for other in tested.astype(float):
            unit, other_unit = one / np.linalg.norm(one), other / np.linalg.norm(other)
            found.append(-np.linalg.norm(unit - other_unit) if kind == "distance" else unit @ other_unit)
    return float(np.mean(found))


@pytest.mark.parametrize("kind", ["distance", "cosine"])
@pytest.mark.parametrize("block_cells", [2**24, 2**6], ids=["one block", "many blocks"])
def test_equals_the_loop_over_crops(monkeypatch, kind, block_cells):
    monkeypatch.setattr(pair_products, "BLOCK_CELLS", block_cells)
    rng = np.random.default_rng(0)
    owners = np.array([0, 1, 1, 1, 2, 2])
    enrolled, tested = rng.standard_normal((6, 5, 7), dtype=np.float32), rng.standard_normal((4, 3, 7), np.float32)
    backend = {"distance": CropsDistance, "cosine": CropsCosine}[kind]()
    enrol, test = backend.enrol(enrolled, owners, 3), backend.test(tested)
    expected = np.array([[naive(kind, list(enrolled[owners == owner]), each) for each in tested] for owner in range(3)])
    np.testing.assert_allclose(backend.matrix(enrol, test), expected, atol=1e-6)
    first, second = rng.integers(0, 3, 20), rng.integers(0, 4, 20)
    np.testing.assert_allclose(backend.pairs(enrol, test, first, second), expected[first, second], atol=1e-6)


def test_equal_crops_have_no_distance_and_opposite_ones_two():
    crops = np.ones((1, 10, 3), dtype=np.float32)
    backend = CropsDistance()
    enrol = backend.enrol(crops, np.array([0]), 1)
    np.testing.assert_allclose(backend.matrix(enrol, backend.test(crops)), 0.0, atol=1e-3)
    np.testing.assert_allclose(backend.matrix(enrol, backend.test(-crops)), -2.0, atol=1e-3)
