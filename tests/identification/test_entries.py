from __future__ import annotations

import math

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.identification.entries import hash_of, unit_rows


def test_rows_are_scaled_one_by_one():
    vectors = np.random.default_rng(0).standard_normal((5, 8)) * 10.0 ** np.arange(-2, 3)[:, None]
    expected = [[value / math.sqrt(sum(each * each for each in row)) for value in row] for row in vectors.tolist()]
    np.testing.assert_allclose(unit_rows(vectors, 8), expected, rtol=1e-6)


def test_the_first_bad_row_is_named():
    vectors = np.ones((5, 8))
    vectors[2], vectors[4, 3] = 0.0, np.inf
    with pytest.raises(InputError, match="2 of 5 embeddings are zero or not finite, the first is number 2"):
        unit_rows(vectors, 8)


def test_equal_embeddings_have_one_hash_and_others_another():
    vectors = np.random.default_rng(0).standard_normal((100, 8)).astype(np.float32)
    hashes = [hash_of(vector) for vector in vectors]
    assert len(set(hashes)) == 100
    assert [hash_of(vector) for vector in vectors.copy()] == hashes
    assert hash_of(np.arange(8, dtype=np.float32)) == "0571cfe42be5c7b9"  # kept in galleries: not to be changed
