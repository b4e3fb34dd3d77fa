"""What every pooling is."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn


class Pooling(nn.Module):
    """A module from frames to one vector.

    Attributes:
        output_size: components of that vector.
    """

    def __init__(self, output_size: int) -> None:
        super().__init__()
        self.output_size = output_size

    @abstractmethod
    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Pool frames (B, C, T), of which each item's first `lengths` (B,) count, into (B, output_size)."""
