"""The slowly moving copy of a network, which sets the targets of the network that learns."""

from __future__ import annotations

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import nn

from voxmetric.errors import InputError
from voxmetric.selfsupervised.method import Moment

Copied = TypeVar("Copied", bound=nn.Module)


class MomentumCopy(nn.Module, Generic[Copied]):
    """A copy whose parameters are a moving average of the original's: k <- m k + (1 - m) q after every update.

    The parameters alone are averaged. The running statistics of batch normalisation are kept in one of two ways:

    - with `batch_statistics` (as published) the copy normalises by the statistics of the batch that it is given,
      like any network that trains, and its running ones come from its own passes: they fit its own weights when it
      is evaluated;
    - without, it works as in evaluation: it normalises by the original's running statistics, copied at every update.
      No row then says anything about the rest of its batch, so that a query cannot know its key by the batch's
      statistics (the leak against which momentum contrast shuffles batches over processes). Dropout is off as well.

    Args:
        module: the original; it is copied, never changed.
        momentum: m at the first update, in [0, 1].
        final_momentum: what m rises to over the training, along half a cosine; None: m stays.
        batch_statistics: see above.

    Attributes:
        module: the copy; no parameter of it asks for a gradient.

    Raises:
        InputError: for a momentum outside [0, 1].

    Source:
        He et al. 2020 (MoCo), equation 2; Grill et al. 2020 (BYOL), section 3.1 for the rise of m.
    """

    def __init__(
        self,
        module: Copied,
        momentum: float,
        final_momentum: float | None = None,
        batch_statistics: bool = True,
    ) -> None:
        super().__init__()
        for value in (momentum, final_momentum):
            if value is not None and not 0.0 <= value <= 1.0:
                raise InputError(f"expected the momentum of a slowly moving copy in [0, 1], found {value}")
        self.module: Copied = copy.deepcopy(module)
        self.module.requires_grad_(False)
        self.momentum, self.final_momentum = momentum, final_momentum
        self.batch_statistics = batch_statistics
        self.train(self.training)

    def train(self, mode: bool = True) -> MomentumCopy[Copied]:
        """Like every module's, but that the copy stays in evaluation without `batch_statistics`."""
        super().train(mode)
        self.module.train(mode and self.batch_statistics)
        return self

    def momentum_at(self, moment: Moment) -> float:
        """m after the update of this moment."""
        if self.final_momentum is None:
            return self.momentum
        left = (1 + math.cos(math.pi * moment.step / moment.steps)) / 2
        return self.final_momentum - (self.final_momentum - self.momentum) * left

    @torch.no_grad()
    def update(self, module: nn.Module, moment: Moment) -> None:
        """Follow the original, which an update has just changed."""
        share = 1 - self.momentum_at(moment)
        for own, original in zip(self.module.parameters(), module.parameters(), strict=True):
            own.lerp_(original, share)
        if not self.batch_statistics:
            for buffer, current in zip(self.module.buffers(), module.buffers(), strict=True):
                buffer.copy_(current)
