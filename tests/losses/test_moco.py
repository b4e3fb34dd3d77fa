from __future__ import annotations

import pytest
import torch

from voxmetric import losses


def test_is_the_published_formula_step_after_step() -> None:
    loss = losses.create("moco", embedding_size=4, queue_size=6, temperature=0.5).double()
    queue = loss.reference.queue.directions.clone()
    for step in range(3):
        queries, keys = torch.randn(2, 4, 4, dtype=torch.float64)
        queries, keys = (v / v.norm(dim=1, keepdim=True) for v in (queries, keys))
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), queries @ queue.T], 1) / 0.5
        expected = -torch.log_softmax(logits, 1)[:, 0].mean()
        labels = torch.arange(4 * step, 4 * step + 4).repeat(2)
        torch.testing.assert_close(loss(torch.cat([queries, keys]), labels), expected)
        for number, key in enumerate(keys):
            queue[(4 * step + number) % 6] = key


def test_backward_follows_the_push() -> None:
    loss = losses.create("moco", embedding_size=4, queue_size=6)
    x = torch.randn(4, 4, requires_grad=True)
    loss(x, torch.tensor([0, 1, 0, 1])).backward()
    assert x.grad[:2].abs().sum() > 0


@pytest.mark.parametrize("kind", ["additive", "additive_angular", "adaface", "magface"])
def test_margins_make_it_harder(kind: str) -> None:
    torch.manual_seed(0)
    plain = losses.create("moco", embedding_size=4, queue_size=6)
    handicapped = losses.create("moco", embedding_size=4, queue_size=6, margin_kind=kind)
    handicapped.reference.load_state_dict(plain.reference.state_dict())
    x, labels = torch.randn(6, 4), torch.arange(3).repeat(2)
    assert handicapped(x, labels) > plain(x, labels)
