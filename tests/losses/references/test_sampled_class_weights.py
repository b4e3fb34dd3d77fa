from __future__ import annotations

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.references.sampled_class_weights import SampledClassWeights

LABELS = torch.tensor([7, 2, 7, 40])


def sampled(share: int) -> SampledClassWeights:
    reference = SampledClassWeights(6, 50, share)
    reference.generator = torch.Generator().manual_seed(0)
    return reference


@pytest.mark.parametrize("share", [1, 3, 10, 50])
def test_own_classes_and_so_many_others(share: int) -> None:
    classes, columns = sampled(share)._draw(LABELS)
    assert torch.equal(classes[columns], LABELS)
    assert len(classes) == max(share, 3)
    assert len(classes.unique()) == len(classes)


def test_others_are_drawn_evenly() -> None:
    reference = sampled(10)
    counts = torch.zeros(50)
    for _ in range(2000):
        counts[reference._draw(LABELS)[0]] += 1
    others = counts[[c for c in range(50) if c not in LABELS]]
    assert (counts[LABELS] == 2000).all()
    assert (others / 2000 - 7 / 47).abs().max() < 0.04


def test_gradient_reaches_the_drawn_classes_only() -> None:
    reference = sampled(10)
    comparison = reference(torch.randn(4, 6), LABELS)
    comparison.reduce(torch.clone, torch.amax).sum().backward()
    assert reference.weight.grad is not None
    touched = reference.weight.grad.abs().sum(1) > 0
    assert 0 < touched.sum() <= 10


@pytest.mark.parametrize("share", [0, 51])
def test_refuses_a_share_out_of_range(share: int) -> None:
    with pytest.raises(InputError, match="sampled_speakers"):
        SampledClassWeights(6, 50, share)
