"""Several processes as one: the same batch, loss and gradients as a single process would have.

Every process embeds its share of the batch and then holds the embeddings of the whole batch, so that each computes
the same loss over it. The gather passes back `world_size` times the gradient of the process's own share; the mean
over processes is then the gradient of the whole batch, and parameters of the loss, which see the same gradient
everywhere, keep it. Dropout is the exception: its masks are drawn in each process, so that an encoder with dropout is
trained as well by several processes, but not along the same path.

In float32 the losses of two processes and of one agree to some parts in ten million. Training makes such differences
grow, the faster the larger its steps, and as much as those between one computing thread and two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class ProcessGroup:
    """This process's place: `rank` of `world_size`, computing on `device`."""

    rank: int
    world_size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until every process has come here."""
        if self.world_size > 1:
            dist.barrier()


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """Join the group that `torchrun` has prepared in the environment, or be a group of one.

    Within such a group it gives that group again: one cannot be joined a second time after it was left.
    """
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local_rank) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ProcessGroup(0, 1, device)
        return
    if dist.is_initialized():
        yield ProcessGroup(dist.get_rank(), dist.get_world_size(), device)
        return
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield ProcessGroup(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()


def global_batch(local: Tensor, group: ProcessGroup) -> Tensor:
    """The rows of all processes in the order of their ranks, differentiable; `local` (N, ...) is as long everywhere."""
    if group.world_size == 1:
        return local
    gathered: Tensor = _Gather.apply(local, group.rank, group.world_size)  # type: ignore[no-untyped-call]
    return gathered


def average_gradients(parameters: Sequence[nn.Parameter], group: ProcessGroup) -> None:
    """Replace each gradient by its mean over the processes, in one message."""
    if group.world_size == 1:
        return
    gradients = [one.grad for one in parameters if one.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    together /= group.world_size
    for gradient, mean in zip(gradients, together.split([one.numel() for one in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def synchronize_batch_normalization(module: nn.Module, group: ProcessGroup) -> nn.Module:
    """Replace batch normalisations by ones whose statistics are those of the batch over all processes."""
    if group.world_size == 1:
        return module
    if group.device.type == "cuda":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return converted
    for child in module.modules():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            # Only the class changes: parameters, buffers and names in the state stay as they are.
            child.__class__ = _GlobalBatchNorm
    return module


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, local: Tensor, rank: int, world_size: int) -> Tensor:
        ctx.rank, ctx.world_size, ctx.size = rank, world_size, local.shape[0]
        shares = [torch.empty_like(local) for _ in range(world_size)]
        dist.all_gather(shares, local.contiguous())
        return torch.cat(shares)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        own = gradient.narrow(0, ctx.rank * ctx.size, ctx.size)
        return own * ctx.world_size, None, None


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, local: Tensor) -> Tensor:  # noqa: ARG004
        total = local.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total


class _GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes on a CPU, for which PyTorch's own has no kernel."""

    def _check_input_dim(self, input: Tensor) -> None:
        """Any shape (N, C, ...) will do."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            normalised: Tensor = super().forward(input)
            return normalised
        values = input.float() if input.dtype in (torch.bfloat16, torch.float16) else input
        axes = [0, *range(2, values.dim())]
        shape = [1, -1] + [1] * (values.dim() - 2)
        count = values.numel() // values.shape[1] * dist.get_world_size()
        mean: Tensor = _Sum.apply(values.sum(axes)) / count  # type: ignore[no-untyped-call]
        centred = values - mean.view(shape)
        variance: Tensor = _Sum.apply(centred.square().sum(axes)) / count  # type: ignore[no-untyped-call]
        self._update_running_statistics(mean.detach(), variance.detach(), count)
        normalised = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normalised = normalised * self.weight.view(shape) + self.bias.view(shape)
        return normalised.to(input.dtype)

    @torch.no_grad()
    def _update_running_statistics(self, mean: Tensor, variance: Tensor, count: int) -> None:
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / max(1, count - 1), share)
