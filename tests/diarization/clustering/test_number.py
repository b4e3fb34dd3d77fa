"""How a number is chosen from a criterion's figures; that criteria count well is tested with the clusterings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from voxmetric.diarization.clustering.number import choose_number
from voxmetric.errors import InputError


@pytest.fixture
def voices() -> np.ndarray:
    """Windows (60, 16) of three voices that overlap a little."""
    rng = np.random.default_rng(0)
    return np.eye(3, 16).repeat(20, axis=0) + 0.2 * rng.standard_normal((60, 16))


def test_the_number_with_the_largest_silhouette_is_chosen(voices: np.ndarray) -> None:
    choice = choose_number(voices, max_clusters=6)
    assert set(choice.figures) == set(range(2, 11))  # those beyond the bounds are told as well
    for number in choice.figures:
        alone = choose_number(voices, min_clusters=number, max_clusters=number)
        expected = silhouette_score(voices, alone.labels, metric="cosine")
        assert choice.figures[number] == pytest.approx(expected, abs=1e-5)
    assert choice.number == max(choice.figures, key=lambda number: choice.figures[number]) == 3


def test_one_cluster_is_chosen_where_none_is_beyond_the_threshold(voices: np.ndarray) -> None:
    best = max(choose_number(voices, max_clusters=6).figures.values())
    assert choose_number(voices, max_clusters=6, one_cluster=best - 1e-6).number == 3
    one = choose_number(voices, max_clusters=6, one_cluster=best + 1e-6)
    assert (one.number, set(one.labels.tolist())) == (1, {0})
    assert choose_number(voices, min_clusters=2, max_clusters=6, one_cluster=best + 1e-6).number == 3


def test_an_unknown_criterion_is_refused(voices: np.ndarray) -> None:
    with pytest.raises(InputError, match="did you mean 'silhouette'"):
        choose_number(voices, criterion="silhouete")
