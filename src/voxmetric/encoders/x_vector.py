"""The x-vector network (Snyder et al. 2018, "X-vectors: robust DNN embeddings for speaker recognition")."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from voxmetric.encoders.time_delay import TimeDelay
from voxmetric.encoders.trunk import Published, Trunk
from voxmetric.errors import InputError

# (kernel size, dilation) of the five layers: contexts [-2, 2], {-2, 0, 2}, {-3, 0, 3}, [0], [0].
CONTEXTS = ((5, 1), (3, 2), (3, 3), (1, 1), (1, 1))


class XVector(Trunk):
    """Five time-delay layers; statistics pooling and the first affine layer make the embedding.

    Args:
        num_features: rows of the front-end.
        channels: width of the five layers.
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
        if len(channels) != len(CONTEXTS):
            raise InputError(f"channels of x_vector are {list(channels)}: expected {len(CONTEXTS)} numbers")
        layers = [
            TimeDelay(before, after, kernel_size, dilation, padding=padding, normalize=batch_norm)
            for before, after, (kernel_size, dilation) in zip(
                (num_features, *channels[:-1]), channels, CONTEXTS, strict=True
            )
        ]
        super().__init__(channels[-1], 1 + sum(layer.lost_frames for layer in layers))
        self.layers = nn.ModuleList(layers)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        frames = features
        for layer in self.layers:
            frames, lengths = layer(frames, lengths)
        return frames, lengths
