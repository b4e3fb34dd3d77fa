"""What every trunk is: the frame-level network between the front-end and the pooling."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn


@dataclass(frozen=True)
class Published:
    """The parts around a trunk in the system it was published with, and so the defaults.

    Attributes:
        front_end: name and options.
        pooling: name, or a mapping of name and options.
        embedding_size: components of an embedding.
    """

    front_end: Mapping[str, Any]
    pooling: str | Mapping[str, Any]
    embedding_size: int


class Trunk(nn.Module):
    """A network from features to frames.

    A subclass takes `num_features`, `sample_rate` where it needs it, and its own options, and gives the same frames
    for an item whatever its neighbours in the batch are.

    Attributes:
        published: what surrounds the trunk in the published system.
        num_channels: rows of the output.
        minimum_frames: the shortest input, in frames of the front-end, that gives a frame of output.
    """

    published: ClassVar[Published]

    def __init__(self, num_channels: int, minimum_frames: int) -> None:
        super().__init__()
        self.num_channels = num_channels
        self.minimum_frames = minimum_frames

    @abstractmethod
    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Features (B, F, N), zero behind each item's first `lengths` (B,) frames -> frames (B, C, M), lengths (B,)."""

    def own_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options, JSON-able, by which the trunk is built again without anything outside; in general the given."""
        return dict(given)

    @staticmethod
    def projection(pooled_size: int, embedding_size: int) -> nn.Module:
        """The layer from the pooled frames (B, P) to embeddings (B, D)."""
        return nn.Linear(pooled_size, embedding_size)
