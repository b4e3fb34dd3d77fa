from __future__ import annotations

import torch

from voxmetric.losses.references.key_queue import KeyQueue


def test_keys_get_no_gradient_and_join_the_queue() -> None:
    reference = KeyQueue(4, 5)
    x = torch.randn(4, 4, requires_grad=True)
    labels = torch.tensor([8, 6, 6, 8])
    comparison = reference(x, labels)
    (comparison.targets.sum() + comparison.cosines.sum()).backward()
    assert x.grad is not None
    assert (x.grad[:2].abs().sum(1) > 0).all()
    assert (x.grad[2:] == 0).all()
    reference.remember(x.detach(), labels)
    assert reference.queue.labels[:2].tolist() == [8, 6]
    expected = x.detach()[[3, 2]]
    torch.testing.assert_close(reference.queue.directions[:2], expected / expected.norm(dim=1, keepdim=True))


def test_queries_keep_their_raw_norms() -> None:
    x = 7 * torch.eye(4)
    assert KeyQueue(4, 5)(x, torch.tensor([1, 1, 0, 0])).norms.tolist() == [7, 7]
