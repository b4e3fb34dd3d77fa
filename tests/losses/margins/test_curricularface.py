from __future__ import annotations

import math

import pytest
import torch

from voxmetric.losses.margins.curricularface import CurricularFaceMargin


def test_hard_negatives_are_reweighted_and_easy_ones_are_not() -> None:
    margin = CurricularFaceMargin(0.5).double()
    margin.difficulty.fill_(0.3)
    targets = torch.tensor([0.9, 0.2], dtype=torch.float64)
    negatives = torch.linspace(-1, 1, 41, dtype=torch.float64).expand(2, 41)
    found = margin.negatives(negatives, targets, 1.0)
    for row, target in enumerate(targets.tolist()):
        threshold = math.cos(math.acos(target) + 0.5)
        for column, cosine in enumerate(negatives[row].tolist()):
            expected = cosine * (0.3 + cosine) if cosine > threshold else cosine
            assert float(found[row, column]) == pytest.approx(expected)


def test_difficulty_follows_the_mean_target() -> None:
    margin = CurricularFaceMargin(0.5)
    expected = 0.0
    for mean in (0.4, 0.8):
        margin.observe(torch.tensor([mean - 0.1, mean + 0.1]), torch.ones(2))
        expected = 0.01 * mean + 0.99 * expected
    assert float(margin.difficulty) == pytest.approx(expected)
    assert "difficulty" in margin.state_dict()
