from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from voxmetric.errors import InputError
from voxmetric.scoring import pair_products
from voxmetric.scoring.backends.cosine import Cosine
from voxmetric.scoring.normalization import Statistics, cohort_statistics, normalize_scores, speaker_means

SIDES = {"z_norm": ("enrol",), "t_norm": ("test",), "s_norm": ("enrol", "test"), "as_norm": ("enrol", "test")}


def drawn_units(*shape: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def naive(kind: str, units, cohort, first: int, second: int, top: int | None, unbiased: bool) -> float:
    """Trial by trial, cohort member by cohort member."""
    score = float(units[first].astype(float) @ units[second].astype(float))
    found = []
    for side in SIDES[kind]:
        own = units[first if side == "enrol" else second].astype(float)
        scores = sorted(float(own @ member.astype(float)) for member in cohort)[-(top or 0) :]
        found.append((score - np.mean(scores)) / np.std(scores, ddof=int(unbiased)))
    return float(np.mean(found))


@pytest.mark.parametrize("kind", list(SIDES))
@pytest.mark.parametrize("block_cells", [2**24, 2**7], ids=["one block", "many blocks"])
@pytest.mark.parametrize("unbiased", [False, True])
def test_equals_the_double_loop(monkeypatch, kind, block_cells, unbiased):
    monkeypatch.setattr(pair_products, "BLOCK_CELLS", block_cells)
    units, cohort = drawn_units(12, 8), drawn_units(40, 8, seed=1)
    first, second = np.random.default_rng(2).integers(0, 12, (2, 60))
    top = 7 if kind == "as_norm" else None
    scores = np.einsum("td,td->t", units[first], units[second])
    statistics = cohort_statistics(Cosine(), units, cohort, top=top, unbiased=unbiased)
    expected = [naive(kind, units, cohort, one, other, top, unbiased) for one, other in zip(first, second, strict=True)]
    np.testing.assert_allclose(normalize_scores(scores, kind, statistics, first, second), expected, atol=1e-4)


def test_deviations_far_below_the_means_keep_their_digits():
    # Cosines near 1 that differ in the fifth digit, as of recordings that share a strong direction.
    rng = np.random.default_rng(0)
    vectors = (1.0 + 0.01 * rng.standard_normal((30, 64))).astype(np.float32)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = cohort_statistics(Cosine(), units[:10], units[10:])
    scores = (units[:10] @ units[10:].T).astype(np.float64)
    np.testing.assert_allclose(found.means, scores.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.deviations, scores.std(axis=1), rtol=1e-3)


def test_scale_and_shift_of_scores_do_not_matter():
    rng = np.random.default_rng(3)
    scores, first, second = rng.standard_normal(50), *rng.integers(0, 9, (2, 50))
    statistics = Statistics(rng.standard_normal(9), rng.uniform(0.5, 2.0, 9))
    moved = Statistics(5.0 * statistics.means + 2.0, 5.0 * statistics.deviations)
    for kind in SIDES:
        np.testing.assert_allclose(
            normalize_scores(5.0 * scores + 2.0, kind, moved, first, second),
            normalize_scores(scores, kind, statistics, first, second),
            atol=1e-4,
        )


def test_a_member_a_speaker_is_the_mean_direction():
    vectors, labels = 3.0 * drawn_units(9, 5), np.array([4, 1, 4, 1, 1, 7, 4, 7, 7])
    expected = []
    for speaker in (1, 4, 7):
        own = vectors[labels == speaker] / np.linalg.norm(vectors[labels == speaker], axis=1, keepdims=True)
        expected.append(own.mean(axis=0) / np.linalg.norm(own.mean(axis=0)))
    np.testing.assert_allclose(speaker_means(vectors, labels), expected, atol=1e-6)


def test_memory_is_that_of_a_block_not_of_the_matrix(monkeypatch):
    monkeypatch.setattr(pair_products, "BLOCK_CELLS", 2**18)
    units, cohort = drawn_units(6000, 16), drawn_units(3000, 16, seed=1)
    tracemalloc.start()
    try:
        cohort_statistics(Cosine(), units, cohort, top=100)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The matrix of all scores would take 72 MB, a block takes 1 MB.
    assert peak < 6e6


@pytest.mark.parametrize(("size", "top"), [(1, None), (5, 6), (5, 1)])
def test_impossible_cohorts_are_named(size, top):
    with pytest.raises(InputError, match=f"found a cohort of {size}"):
        cohort_statistics(Cosine(), drawn_units(3, 4), drawn_units(size, 4), top=top)


def test_a_cohort_of_one_voice_and_an_unknown_kind_are_named():
    with pytest.raises(InputError, match="do not vary"):
        cohort_statistics(Cosine(), drawn_units(3, 4), np.zeros((5, 4), dtype=np.float32))
    statistics = Statistics(np.zeros(2), np.ones(2))
    with pytest.raises(InputError, match="unknown normalisation 'snorm': did you mean"):
        normalize_scores(np.zeros(1), "snorm", statistics, np.zeros(1, int), np.ones(1, int))
