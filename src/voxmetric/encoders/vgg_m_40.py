"""VGG-M on 40 mel bands (Nagrani et al. 2017, as slimmed for Chung et al. 2020)."""

from __future__ import annotations

from torch import Tensor, nn

from voxmetric.audio.features.masking import fill_padding
from voxmetric.encoders.time_span import TimeSpan, frames_needed, lengths_after
from voxmetric.encoders.trunk import Published, Trunk

# Kernel, stride and padding over (frequency, time), output channels; a pooling where there are none.
_LAYERS = (
    ((5, 7), (1, 2), 2, 96),
    ((1, 3), (1, 2), 0, None),
    ((5, 5), (2, 2), 1, 256),
    ((3, 3), (2, 2), 0, None),
    ((3, 3), (1, 1), 1, 384),
    ((3, 3), (1, 1), 1, 256),
    ((3, 3), (1, 1), 1, 256),
    ((3, 3), (2, 2), 0, None),
)


class VggM40(Trunk):
    """Convolutions with ReLU and max-poolings; the last one spans what is left of the frequencies.

    40 x 202 features -> 40 x 100 -> 40 x 49 -> 19 x 24 -> 9 x 11 -> 4 x 5 -> 1 x 5; 4,032,448 parameters with 512
    components and self-attentive pooling.

    Args:
        num_features: rows of the front-end.
    """

    published = Published({"name": "log_mel", "window": "hann"}, "self_attentive", 512)

    def __init__(self, num_features: int) -> None:
        spans = [TimeSpan(kernel[1], stride[1], padding) for kernel, stride, padding, _ in _LAYERS]
        super().__init__(512, frames_needed(spans))
        layers: list[nn.Module] = []
        channels, frequencies = 1, num_features
        for kernel, stride, padding, width in _LAYERS:
            frequencies = TimeSpan(kernel[0], stride[0], padding).after(frequencies)
            if width is None:
                layers.append(nn.MaxPool2d(kernel, stride))
            else:
                layers.append(_convolution(channels, width, kernel, stride, padding))
                channels = width
        self.spans = spans
        self.layers = nn.ModuleList(layers)
        self.last = _convolution(channels, 512, (frequencies, 1), (1, 1), 0)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        images = features.unsqueeze(1)
        for layer, span in zip(self.layers, self.spans, strict=True):
            images = layer(fill_padding(images, lengths) if span.padding else images)
            lengths = lengths_after(lengths, span)
        return self.last(images).squeeze(2), lengths


def _convolution(before: int, after: int, kernel: tuple[int, int], stride: tuple[int, int], padding: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, kernel, stride, padding), nn.BatchNorm2d(after), nn.ReLU())
