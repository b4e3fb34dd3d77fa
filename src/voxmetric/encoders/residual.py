"""Two-dimensional residual blocks over (batch, channels, frequency, time)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import fill_padding, mean_over_time
from voxmetric.encoders.time_span import TimeSpan, lengths_after


class SqueezeExcitation(nn.Module):
    """Channel gates from the mean over frequency and time (Hu et al. 2018)."""

    def __init__(self, num_channels: int, reduction: int = 8) -> None:
        super().__init__()
        inner = max(1, num_channels // reduction)
        self.squeeze = nn.Linear(num_channels, inner)
        self.excite = nn.Linear(inner, num_channels)

    def forward(self, images: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Images (B, C, F, T) -> the same, each channel scaled by its gate in (0, 1)."""
        mean = images.mean((2, 3)) if lengths is None else mean_over_time(images.mean(2), lengths).squeeze(-1)
        gates: Tensor = self.excite(F.relu(self.squeeze(mean))).sigmoid()
        return images * gates[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    Args:
        in_channels, out_channels: channels of input and output.
        stride: of the first convolution, on both axes; the shortcut is a 1x1 convolution with batch normalisation
            where stride or channels change, and the identity elsewhere.
        squeeze_excitation: gate the channels before the addition.
        activation_first: the first ReLU comes before its batch normalisation (voxceleb_trainer), not after.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        *,
        squeeze_excitation: bool,
        activation_first: bool,
    ) -> None:
        super().__init__()
        self.span = TimeSpan(3, stride, 1)
        self.activation_first = activation_first
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.gates = SqueezeExcitation(out_channels) if squeeze_excitation else None
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, images: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Images (B, C, F, T) and lengths (B,) in frames -> images (B, C', F', T') and lengths."""
        images = fill_padding(images, lengths)
        lengths = lengths_after(lengths, self.span)
        inner = self.conv1(images)
        inner = self.bn1(F.relu(inner)) if self.activation_first else F.relu(self.bn1(inner))
        inner = self.bn2(self.conv2(fill_padding(inner, lengths)))
        if self.gates is not None:
            inner = self.gates(inner, lengths)
        # The shortcut strides by slicing: the backward pass of a strided 1x1 convolution of fewer than 16 channels-last
        # channels writes outside its memory on CPUs with AVX-512 (oneDNN as of torch 2.13).
        step = self.span.stride
        return F.relu(inner + self.shortcut(images[:, :, ::step, ::step])), lengths
