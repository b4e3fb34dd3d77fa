"""Fast ResNet-34 (Chung et al. 2020, "In defence of metric learning for speaker recognition")."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Published


class FastResNet34(ResNet):
    """A quarter of ResNet-34's channels, with squeeze-and-excitation, and the last stage not strided.

    40 x 202 features -> 20 x 202 -> 20 x 202 -> 10 x 101 -> 5 x 51 -> 5 x 51; 1,437,078 parameters with 512
    components and self-attentive pooling.

    Args:
        num_features: rows of the front-end.
        channels, blocks: of the four stages.
    """

    published = Published({"name": "log_mel"}, "self_attentive", 512)

    def __init__(
        self,
        num_features: int,
        channels: Sequence[int] = (16, 32, 64, 128),
        blocks: Sequence[int] = (3, 4, 6, 3),
    ) -> None:
        super().__init__(
            num_features,
            channels=channels,
            blocks=blocks,
            strides=(1, 2, 2, 1),
            stem_kernel=7,
            stem_stride=2,
            stem_pooling=False,
            stem_activation_first=False,
            activation_first=True,
            squeeze_excitation=True,
            flatten_frequency=False,
        )
