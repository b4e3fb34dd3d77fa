from __future__ import annotations

import torch

from voxmetric.losses.references.other_views import OtherViews


def test_two_views_have_one_target_each() -> None:
    x = torch.eye(4)
    symmetric = OtherViews()(x, torch.tensor([5, 3, 3, 5]))
    assert symmetric.rows is None
    assert symmetric.cosines.shape == (4, 4)
    first = OtherViews(symmetric=False)(x, torch.tensor([5, 3, 3, 5]))
    assert first.rows is None
    assert first.cosines.shape == (2, 2)


def test_three_views_have_two_targets_each() -> None:
    labels = torch.tensor([5, 3, 3, 5, 5, 3])
    assert OtherViews()(torch.randn(6, 4), labels).rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert OtherViews(symmetric=False)(torch.randn(6, 4), labels).rows.tolist() == [0, 0, 1, 1]
