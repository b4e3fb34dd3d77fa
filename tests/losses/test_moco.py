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


def test_old_keys_of_the_asking_recording_are_no_negatives() -> None:
    loss = losses.create("moco", embedding_size=4, queue_size=6, temperature=0.5).double()
    past, queries, keys = torch.nn.functional.normalize(torch.randn(3, 3, 4, dtype=torch.float64), dim=2)
    loss(torch.cat([queries, past]), torch.tensor([5, 6, 7]).repeat(2))  # fills three places of the queue
    others = loss.reference.queue.directions[3:]
    labels = [6, 5, 8]
    expected = []
    for query, key, label in zip(queries, keys, labels, strict=True):
        negatives = [old for old, owner in zip(past, (5, 6, 7), strict=True) if owner != label]
        logits = torch.stack([query @ key, *(query @ old for old in negatives), *(query @ old for old in others)]) / 0.5
        expected.append(-torch.log_softmax(logits, 0)[0])
    found = loss(torch.cat([queries, keys]), torch.tensor(labels).repeat(2))
    torch.testing.assert_close(found, torch.stack(expected).mean())


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
