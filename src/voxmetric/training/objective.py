"""An encoder with what judges it, as one module from a process's share of a batch to the loss of the whole batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from voxmetric.data.crops import Batch
from voxmetric.encoders.encoder import Encoder
from voxmetric.losses.loss import Loss
from voxmetric.training.distributed import ProcessGroup, global_batch
from voxmetric.training.gradient_caching import embed_in_chunks


class Objective(nn.Module, ABC):
    """What an update computes; all state that updates change is in its `state_dict`.

    Args:
        encoder: the encoder to be trained.
        group: the processes that share a batch.
        in_bfloat16: compute the encoder's activations in bfloat16.
        chunk_size: crops that are embedded at once, see `gradient_caching`; 0 for all.
    """

    def __init__(self, encoder: Encoder, group: ProcessGroup, in_bfloat16: bool, chunk_size: int) -> None:
        super().__init__()
        self.encoder, self.group = encoder, group
        self._in_bfloat16, self._chunk_size = in_bfloat16, chunk_size

    @property
    @abstractmethod
    def judge(self) -> Loss | nn.Module:
        """Everything but the encoder that the optimiser may move."""

    @abstractmethod
    def inputs(self, batch: Any) -> tuple[Any, Tensor]:
        """The arguments of `forward` from what the loader gave, on the computing device."""

    @abstractmethod
    def begin(self, step: int, seed: int) -> None:
        """Prepare for update number `step`, all draws of which start from `seed`, the same in every process."""

    @abstractmethod
    def compare(self, embeddings: Sequence[Tensor], targets: Sequence[Tensor], numbers: Tensor) -> Tensor:
        """The loss of the whole batch from this process's share.

        Args:
            embeddings: one (N, D) for each view.
            targets: what the loss compares with besides, if anything.
            numbers: (N,) int64, of the speaker or the recording of each row.
        """

    @abstractmethod
    def random_inputs(self, size: int) -> tuple[list[Tensor], list[Tensor]]:
        """Random embeddings, which take gradients, and targets for `compare` on a share of `size` rows."""

    @property
    def crops_per_row(self) -> int:
        """Crops that the encoder sees for each row of a batch."""
        return 1

    def trained_encoder(self) -> Encoder:
        """What the training is for: the encoder as it is evaluated and saved."""
        return self.encoder

    def follow(self, step: int) -> None:
        """Move what moves after the optimiser has."""

    @abstractmethod
    def set_margin_factor(self, factor: float) -> None:
        """Use this share, in [0, 1], of the margin from now on, where there is one."""

    def embed(self, waveforms: Tensor) -> Tensor:
        """Embeddings (N, D) of this process's crops (N, T)."""
        with torch.autocast(self.group.device.type, torch.bfloat16, enabled=self._in_bfloat16):
            return embed_in_chunks(self.encoder, waveforms, self._chunk_size)


class SupervisedObjective(Objective):
    """A loss with labels; see `Objective` for the other arguments."""

    def __init__(
        self, encoder: Encoder, loss: Loss, group: ProcessGroup, in_bfloat16: bool = False, chunk_size: int = 0
    ) -> None:
        super().__init__(encoder, group, in_bfloat16, chunk_size)
        self.loss = loss

    @property
    def judge(self) -> Loss:
        return self.loss

    def inputs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return batch.waveforms.to(self.group.device), batch.labels.to(self.group.device)

    def begin(self, step: int, seed: int) -> None:  # noqa: ARG002
        self.loss.reseed(seed)

    def forward(self, waveforms: Tensor, labels: Tensor) -> Tensor:
        """Loss of the global batch; `waveforms` (N, T) and `labels` (N,) are this process's share of it."""
        return self.compare([self.embed(waveforms)], [], labels)

    def compare(self, embeddings: Sequence[Tensor], targets: Sequence[Tensor], numbers: Tensor) -> Tensor:  # noqa: ARG002
        everywhere: Tensor = self.loss(global_batch(embeddings[0], self.group), global_batch(numbers, self.group))
        return everywhere

    def random_inputs(self, size: int) -> tuple[list[Tensor], list[Tensor]]:
        shape = (size, self.encoder.embedding_size)
        return [torch.randn(shape, device=self.group.device).requires_grad_()], []

    def set_margin_factor(self, factor: float) -> None:
        self.loss.set_margin_factor(factor)
