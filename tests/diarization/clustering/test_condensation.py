"""Means that stand for groups of points."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diarization.clustering import condensation
from voxmetric.diarization.clustering.condensation import condense


def test_few_points_are_their_own_means() -> None:
    points = np.random.default_rng(0).standard_normal((7, 4)).astype(np.float32)
    found = condense(points, 7)
    np.testing.assert_allclose(found.means, points / np.linalg.norm(points, axis=1, keepdims=True), atol=1e-6)
    assert found.group.tolist() == list(range(7))


def test_a_mean_is_that_of_the_unit_rows_of_its_group_within_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condensation, "BLOCK_POINTS", 20)
    points = (3.0 * np.random.default_rng(0).standard_normal((60, 5))).astype(np.float32)
    found = condense(points, 12)
    assert len(found.means) <= 12
    for group, mean in enumerate(found.means):
        members = np.flatnonzero(found.group == group)
        units = [points[member] / np.sqrt((points[member] ** 2).sum()) for member in members]
        np.testing.assert_allclose(mean, sum(units) / len(units), atol=1e-6)
        assert len({member // 20 for member in members}) == 1
    labels = np.arange(len(found.means)) * 10
    assert found.spread(labels).tolist() == [10 * group for group in found.group]
