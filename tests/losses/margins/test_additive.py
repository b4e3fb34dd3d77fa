from __future__ import annotations

import torch

from voxmetric.losses.margins.additive import AdditiveMargin


def test_is_subtracted() -> None:
    cosines = torch.tensor([-1.0, 0.0, 0.7])
    torch.testing.assert_close(AdditiveMargin(0.4)(cosines, torch.ones(3), 0.5), cosines - 0.2)
