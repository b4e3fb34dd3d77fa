from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from voxmetric.training.diagnostics import (
    alignment,
    collapse_figures,
    collapsed,
    deviation,
    effective_rank,
    same_speaker_share,
    uniformity,
)


@pytest.fixture
def embeddings() -> Tensor:
    torch.manual_seed(0)
    return 3 * torch.randn(9, 4, dtype=torch.float64) + 1


def unit(rows: Tensor) -> np.ndarray:
    array = rows.numpy()
    return array / np.linalg.norm(array, axis=1, keepdims=True)


@pytest.mark.parametrize("transposed", [False, True])
def test_figures_are_their_formulas(embeddings: Tensor, transposed: bool) -> None:
    rows = embeddings.T.contiguous() if transposed else embeddings
    vectors = unit(rows)
    spread = np.mean([np.std(column) for column in vectors.T]) * math.sqrt(vectors.shape[1])
    assert deviation(rows) == pytest.approx(spread)
    values = np.linalg.svd(vectors, compute_uv=False)
    shares = values / values.sum()
    assert effective_rank(rows) == pytest.approx(math.exp(-sum(share * math.log(share) for share in shares)))
    pairs = itertools.combinations(vectors, 2)
    potentials = [math.exp(-2 * float(((one - other) ** 2).sum())) for one, other in pairs]
    assert uniformity(rows) == pytest.approx(math.log(np.mean(potentials)))
    others = unit(rows.flip(0))
    distances = [float(((one - other) ** 2).sum()) for one, other in zip(vectors, others, strict=True)]
    assert alignment(rows, rows.flip(0)) == pytest.approx(np.mean(distances))


def test_figures_of_collapsed_and_of_spread_embeddings() -> None:
    torch.manual_seed(0)
    constant = torch.randn(1, 32).expand(50, 32) * torch.rand(50, 1).add(0.5)
    assert deviation(constant) == pytest.approx(0, abs=1e-6)
    assert effective_rank(constant) == pytest.approx(1, abs=1e-3)
    assert uniformity(constant) == pytest.approx(0, abs=1e-6)
    assert alignment(constant, 2 * constant) == pytest.approx(0, abs=1e-6)
    line = torch.randn(50, 1) * torch.randn(1, 32)
    spread = torch.randn(5000, 32)
    assert deviation(spread) == pytest.approx(1, abs=0.01)
    assert effective_rank(spread) == pytest.approx(32, rel=0.01)
    assert effective_rank(torch.eye(7)) == pytest.approx(7)
    assert collapsed(collapse_figures(constant))
    assert collapsed(collapse_figures(line))  # spread along one direction only
    assert not collapsed(collapse_figures(spread))


def test_same_speaker_share_counts_pairs() -> None:
    speakers = torch.tensor([4, 4, 7, 4, 7, 1])
    pairs = [(one == other).item() for one, other in itertools.combinations(speakers, 2)]
    assert same_speaker_share(speakers) == pytest.approx(np.mean(pairs))
    assert same_speaker_share(torch.arange(5)) == 0
    assert same_speaker_share(torch.zeros(1)) == 0
