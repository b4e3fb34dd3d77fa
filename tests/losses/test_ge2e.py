from __future__ import annotations

import pytest
import torch

from voxmetric import losses
from voxmetric.errors import InputError


def test_two_forms() -> None:
    x, labels = torch.randn(9, 4), torch.arange(3).repeat(3)
    softmax, contrast = losses.create("ge2e"), losses.create("ge2e", form="contrast")
    assert [name for name, _ in softmax.named_parameters()] == ["scale.raw"]
    assert {name for name, _ in contrast.named_parameters()} == {"scale.raw", "criterion.bias"}
    contrast(x, labels).backward()
    assert contrast.criterion.bias.grad.abs() > 0
    with pytest.raises(InputError, match="form of ge2e"):
        losses.create("ge2e", form="contrastive")


def test_speakers_with_different_numbers_of_utterances() -> None:
    x = torch.randn(7, 4, dtype=torch.float64)
    labels = torch.tensor([2, 0, 2, 0, 0, 2, 2])
    unit = x / x.norm(dim=1, keepdim=True)
    expected = []
    for i in range(7):
        scores = []
        for speaker in (0, 2):
            own = [j for j in range(7) if labels[j] == speaker and j != i]
            mean = unit[own].mean(0)
            scores.append(10 * unit[i] @ mean / mean.norm())
        expected.append(-torch.log_softmax(torch.stack(scores), 0)[0 if labels[i] == 0 else 1])
    loss = losses.create("ge2e", learn_scale=False)
    torch.testing.assert_close(loss(x, labels), torch.stack(expected).mean())


def test_deviations_of_the_published_code_are_off_by_default() -> None:
    loss = losses.create("ge2e")
    assert loss.reference.normalize_utterances
    assert not loss.reference.clamp_negative_cosines
    deviating = losses.create("ge2e", normalize_utterances=False, clamp_negative_cosines=True)
    assert not deviating.reference.normalize_utterances
    assert deviating.reference.clamp_negative_cosines
