from __future__ import annotations

import torch
from pytorch_metric_learning import losses as peers

from voxmetric import losses


def test_parity_of_values_over_several_batches() -> None:
    """The peer compares with detached copies of the batch, so that gradients differ; values must not."""
    loss = losses.create("cross_batch", embedding_size=5, temperature=0.1, memory_size=24).double()
    peer = peers.CrossBatchMemory(peers.NTXentLoss(temperature=0.1), 5, memory_size=32)
    for _ in range(4):
        x, labels = torch.randn(8, 5, dtype=torch.float64), torch.arange(4).repeat(2)
        value, expected = loss(x, labels), peer(x, labels)
        # Their mean runs over pairs, ours over utterances: the same where all have as many companions.
        torch.testing.assert_close(value, expected)


def test_without_any_pair_the_loss_and_its_gradient_are_zero() -> None:
    x = torch.randn(3, 5, requires_grad=True)
    value = losses.create("cross_batch", embedding_size=5)(x, torch.tensor([4, 5, 6]))
    value.backward()
    assert value == 0
    assert torch.equal(x.grad, torch.zeros(3, 5))
