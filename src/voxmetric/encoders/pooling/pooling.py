"""What every pooling is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Pooling(nn.Module):
    """A module from frames to one vector.

    Attributes:
        output_size: components of that vector.
    """

    def __init__(self, output_size: int) -> None:
        super().__init__()
        self.output_size = output_size
        self._options: dict[str, Any] = {}

    def configure(self, name: str, options: Mapping[str, Any]) -> None:
        """Remember how the pooling was asked for, for `options`."""
        self._options = {"name": name, **options}

    def options(self) -> dict[str, Any]:
        """Name and options; `create(pooling.options(), num_channels)` builds the same pooling."""
        return dict(self._options)

    @abstractmethod
    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Pool frames (B, C, T), of which each item's first `lengths` (B,) count, into (B, output_size)."""
