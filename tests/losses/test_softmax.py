from __future__ import annotations

import math

import pytest
import torch

from voxmetric.errors import InputError
from voxmetric.losses.softmax import Softmax


@pytest.mark.parametrize("bias", [True, False])
def test_is_the_published_formula(bias: bool) -> None:
    loss = Softmax(4, 6, bias=bias).double()
    x, labels = torch.randn(5, 4, dtype=torch.float64), torch.tensor([0, 5, 2, 2, 1])
    expected, right = 0.0, 0
    for row, label in zip(x, labels.tolist(), strict=True):
        logits = [float(row @ loss.weight[c].detach()) for c in range(6)]
        if bias:
            logits = [logit + float(loss.bias[c].detach()) for c, logit in enumerate(logits)]
        expected -= math.log(math.exp(logits[label]) / sum(math.exp(logit) for logit in logits)) / 5
        right += logits[label] == max(logits)
    assert float(loss(x, labels).detach()) == pytest.approx(expected)
    assert loss.statistics(x, labels) == pytest.approx({"accuracy": right / 5})
    assert torch.autograd.gradcheck(lambda x, *_: loss(x, labels), (x.requires_grad_(), *loss.parameters()))


def test_equal_logits_give_the_log_of_the_number_of_speakers() -> None:
    value = Softmax(4, 5994, bias=False)(torch.zeros(3, 4), torch.tensor([0, 1, 5993]))
    assert float(value.detach()) == pytest.approx(8.6985, abs=1e-4)


def test_refuses_empty_sizes() -> None:
    with pytest.raises(InputError, match="num_speakers of at least 1"):
        Softmax(4, 0)
