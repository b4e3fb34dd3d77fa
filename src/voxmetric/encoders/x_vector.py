"""The x-vector network (Snyder et al. 2018, "X-vectors: robust DNN embeddings for speaker recognition")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from voxmetric.encoders.time_delay import TimeDelay
from voxmetric.encoders.time_span import TimeSpan, frames_needed
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import InputError

# (kernel size, dilation) of the five layers: contexts [-2, 2], {-2, 0, 2}, {-3, 0, 3}, [0], [0].
_CONTEXTS = ((5, 1), (3, 2), (3, 3), (1, 1), (1, 1))


class TimeDelayNetwork(nn.Module):
    """The five time-delay layers of the x-vector network.

    Args:
        num_features: rows of the input.
        channels: widths of the five layers.
        padding, normalization: see `TimeDelay`.
    """

    def __init__(
        self,
        num_features: int,
        channels: Sequence[int],
        *,
        padding: bool = False,
        normalization: Literal["batch", "weight", "none"],
    ) -> None:
        super().__init__()
        if len(channels) != len(_CONTEXTS):
            raise InputError(f"channels of a time-delay network are {list(channels)}: expected {len(_CONTEXTS)} widths")
        layers = [
            TimeDelay(before, after, *context, padding=padding, normalization=normalization)
            for before, after, context in zip((num_features, *channels[:-1]), channels, _CONTEXTS, strict=True)
        ]
        self.layers = nn.ModuleList(layers)
        self.spans: Sequence[TimeSpan] = tuple(layer.span for layer in layers)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Frames (B, F, T) and lengths (B,) -> frames (B, C, T') and lengths."""
        for layer in self.layers:
            frames, lengths = layer(frames, lengths)
        return frames, lengths


class XVector(Trunk):
    """Five time-delay layers; statistics pooling and the first affine layer make the embedding.

    Args:
        num_features: rows of the front-end.
        channels: widths of the five layers.
        batch_norm: normalise after each ReLU.
        padding: pad each layer with zeros, so that any input of one frame will do; otherwise 15 frames are needed
            and the 14 at the edges serve only as context.
    """

    published = Published({"name": "log_mel"}, "statistics", 512)

    def __init__(
        self,
        num_features: int,
        channels: Sequence[int] = (512, 512, 512, 512, 1500),
        batch_norm: bool = True,
        padding: bool = False,
    ) -> None:
        network = TimeDelayNetwork(
            num_features, channels, padding=padding, normalization="batch" if batch_norm else "none"
        )
        super().__init__(channels[-1], frames_needed(network.spans))
        self.network = network

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        frames, lengths = self.network(features, lengths)
        return frames, lengths
