"""Log-sum-exp that works in place, for matrices of logits that nothing else needs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def log_sum_exp(logits: Tensor, dim: int) -> Tensor:
    """log(sum(exp(logits))) over one dimension; `logits` must be finite and is used up.

    It makes one matrix in all where `torch.logsumexp` makes four; at large batches, making them is what takes the time.
    """
    result: Tensor = _LogSumExp.apply(logits, dim)  # type: ignore[no-untyped-call]
    return result


class _LogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, logits: Tensor, dim: int) -> Tensor:
        highest = logits.amax(dim, keepdim=True)
        exponentials = logits.sub_(highest).exp_()
        sums = exponentials.sum(dim, keepdim=True)
        context.save_for_backward(exponentials, sums)
        context.dim = dim
        return (highest + sums.log()).squeeze(dim)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        exponentials, sums = context.saved_tensors
        return exponentials * (gradient.unsqueeze(context.dim) / sums), None
