from __future__ import annotations

import pytest
import torch

from voxmetric.selfsupervised import neighbours as module
from voxmetric.selfsupervised.neighbours import nearest_others


@pytest.mark.parametrize("block", [2**24, 12, 60])
def test_equals_sorting_all_cosines(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(module, "BLOCK_ELEMENTS", block)
    points = torch.randn(23, 4, dtype=torch.float64)
    known = torch.rand(23) > 0.3
    own = torch.tensor([4, 0, 22, 11])
    found, exists = nearest_others(own, points, 3, known)
    assert exists.all()
    for row, number in enumerate(own.tolist()):
        cosines = {
            other: float(points[number] @ points[other] / points[number].norm() / points[other].norm())
            for other in range(23)
            if other != number and known[other]
        }
        assert found[row].tolist() == sorted(cosines, key=cosines.__getitem__, reverse=True)[:3]


def test_tells_where_there_are_fewer() -> None:
    known = torch.tensor([True, False, True])
    found, exists = nearest_others(torch.tensor([0, 1]), torch.randn(3, 2), 4, known)
    assert exists.sum(1).tolist() == [1, 2]
    assert found[0, 0] == 2
    assert sorted(found[1, :2].tolist()) == [0, 2]
