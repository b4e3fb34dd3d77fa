"""Thin ResNet-34 on the linear spectrogram (Chung et al. 2020, "In defence of metric learning ...")."""

from __future__ import annotations

from collections.abc import Sequence

from voxmetric.encoders.resnet import ResNet
from voxmetric.encoders.trunk import Published


class ThinResNet34(ResNet):
    """As Fast ResNet-34, but on 257 linear frequencies, max-pooled behind the stem, and the last stage strided.

    257 x 199 features -> 129 x 199 -> 65 x 199 -> 65 x 199 -> 33 x 100 -> 17 x 50 -> 9 x 25; 1,437,078 parameters
    with 512 components and self-attentive pooling.

    Args:
        num_features: rows of the front-end.
        channels, blocks: of the four stages.
    """

    published = Published({"name": "spectrogram", "window": "hann", "edges": "snip", "power": 1}, "self_attentive", 512)

    def __init__(
        self, num_features: int, channels: Sequence[int] = (16, 32, 64, 128), blocks: Sequence[int] = (3, 4, 6, 3)
    ) -> None:
        super().__init__(
            num_features,
            channels=channels,
            blocks=blocks,
            strides=(1, 2, 2, 2),
            stem_kernel=7,
            stem_stride=2,
            stem_pooling=True,
            stem_activation_first=False,
            activation_first=True,
            squeeze_excitation=True,
            flatten_frequency=False,
        )
