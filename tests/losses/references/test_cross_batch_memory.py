from __future__ import annotations

import torch

from voxmetric.losses.references.cross_batch_memory import CrossBatchMemory


def test_queries_without_a_companion_ask_nothing() -> None:
    reference = CrossBatchMemory(4, 6)
    x = torch.randn(3, 4)
    assert reference(x, torch.tensor([1, 2, 3])).rows.tolist() == []
    reference.remember(x, torch.tensor([1, 2, 3]))
    assert reference(x, torch.tensor([5, 2, 3])).rows.tolist() == [1, 2]
    torch.testing.assert_close(reference(x, torch.tensor([5, 2, 3])).targets, torch.ones(2))
