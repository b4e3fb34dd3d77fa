"""ResNet-34 in WeSpeaker's layout (Wang et al. 2023, after Zeinali et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.audio.features.log_mel import KALDI
from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Published


class ResNet34(ResNet):
    """Half of ResNet-34's channels, batch normalisation before ReLU, no gates; frequencies are not averaged.

    6.63 million parameters with 80 mel bands, 256 components and statistics pooling.

    Args:
        num_features: rows of the front-end.
        channels, blocks: of the four stages.
    """

    published = Published({"name": "log_mel", **KALDI}, "statistics", 256)

    def __init__(
        self, num_features: int, channels: Sequence[int] = (32, 64, 128, 256), blocks: Sequence[int] = (3, 4, 6, 3)
    ) -> None:
        super().__init__(
            num_features,
            channels=channels,
            blocks=blocks,
            strides=(1, 2, 2, 2),
            stem_kernel=3,
            stem_stride=1,
            stem_pooling=False,
            stem_activation_first=False,
            activation_first=False,
            squeeze_excitation=False,
            flatten_frequency=True,
        )
