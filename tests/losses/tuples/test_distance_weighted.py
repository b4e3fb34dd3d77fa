"""Distance-weighted negatives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from voxmetric.losses.tuples.distance_weighted import DistanceWeighted, log_inverse_density


@pytest.mark.parametrize(
    ("embedding_size", "expected"),
    [
        (3, [0.6931, 0.0, -0.1823, -0.3365, -0.3466]),
        (64, [44.9436, 8.7743, 2.3078, -0.3243, -0.3466]),
        (128, [91.3702, 17.9801, 4.9204, -0.3115, -0.3466]),
        (256, [184.2235, 36.3918, 10.1456, -0.2859, -0.3466]),
    ],
)
def test_logarithms_of_the_weights(embedding_size: int, expected: list[float]) -> None:
    distances = torch.tensor([0.5, 1.0, 1.2, 1.4, 2**0.5], dtype=torch.float64)
    torch.testing.assert_close(
        log_inverse_density(distances, embedding_size),
        torch.tensor(expected, dtype=torch.float64),
        atol=5e-5,
        rtol=0,
    )


@pytest.mark.parametrize("distance", ["euclidean", "squared_euclidean", "cosine"])
def test_frequencies(frequencies: Callable[..., Tensor], distance: str) -> None:
    chords = torch.tensor([0.2, 0.4, 0.6, 1.0, 1.39, 1.41, 1.9], dtype=torch.float64)
    allowed = torch.tensor([True, True, False, True, True, True, True])
    given = {"euclidean": chords, "squared_euclidean": chords**2, "cosine": chords**2 / 2}[distance]
    sampling = DistanceWeighted(distance, normalize=True)
    shares = frequencies(sampling, given.tolist(), allowed.tolist(), embedding_size=5)
    # Below the floor of 0.5 all alike; from the cut-off of 1.4 on none.
    expected = [d ** (2 - 5) * (1 - d * d / 4) ** (-(5 - 3) / 2) for d in (0.5, 0.5, 1.0, 1.39)]
    expected = [20_000 * weight / sum(expected) for weight in expected]
    assert shares[torch.tensor([2, 5, 6])].sum() == 0
    assert chisquare(shares[torch.tensor([0, 1, 3, 4])] * 20_000, expected).pvalue > 0.001


def test_all_beyond_the_cut_off_are_equally_likely(frequencies: Callable[..., Tensor]) -> None:
    sampling = DistanceWeighted("euclidean", normalize=True)
    shares = frequencies(sampling, [0.3, 1.5, 1.7, 2.0], [False, True, True, True], embedding_size=256)
    assert shares[0] == 0
    assert chisquare(shares[1:] * 20_000).pvalue > 0.001


def test_barred_neighbours_do_not_push_the_weights_under(frequencies: Callable[..., Tensor]) -> None:
    # In 512 dimensions the utterance itself, at the floor, outweighs what lies at 1.3 by exp(370).
    sampling = DistanceWeighted("euclidean", normalize=True)
    shares = frequencies(sampling, [0.0, 1.3, 1.3, 1.39], [False, True, True, True], embedding_size=512)
    assert shares[0] == 0
    assert abs(float(shares[1] - 0.5)) < 0.02
    assert shares[3] < 0.01
