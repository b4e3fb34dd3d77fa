"""Half ResNet-34, the network of H/ASP (Heo et al. 2020, "Clova baseline system for the VoxCeleb challenge 2020")."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Published


class HalfResNet34(ResNet):
    """Half of ResNet-34's channels, with squeeze-and-excitation; frequencies are not averaged.

    8,028,492 parameters with 64 mel bands, 512 components and channel-attentive statistics.

    Args:
        num_features: rows of the front-end.
        channels, blocks: of the four stages.
    """

    published = Published({"name": "log_mel", "num_mels": 64, "pre_emphasis": 0.97}, "channel_attentive", 512)

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
            stem_activation_first=True,
            activation_first=True,
            squeeze_excitation=True,
            flatten_frequency=True,
        )
