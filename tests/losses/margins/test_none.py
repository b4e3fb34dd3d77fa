from __future__ import annotations

import torch

from voxmetric.losses.margins.none import NoMargin


def test_changes_nothing() -> None:
    cosines, norms = torch.tensor([-1.0, 0.0, 0.7]), torch.ones(3)
    margin = NoMargin()
    assert torch.equal(margin(cosines, norms, 1.0), cosines)
    assert torch.equal(margin.negatives(cosines.unsqueeze(1), cosines, 1.0), cosines.unsqueeze(1))
    assert margin.regulariser(norms) == 0
