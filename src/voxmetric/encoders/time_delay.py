"""Layers over frames (B, C, T) that keep to each item's own frames."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import fill_padding


class TimeDelay(nn.Module):
    """Convolution over time, ReLU, batch normalisation: one layer of a time-delay network.

    Args:
        in_channels, out_channels: rows of input and output.
        kernel_size, dilation: the context: kernel_size frames, dilation apart.
        padding: extend an item by zeros so that it keeps its number of frames; else it loses
            dilation * (kernel_size - 1) frames.
        normalize: end with batch normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int = 1,
        *,
        padding: bool = False,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.lost_frames = 0 if padding else dilation * (kernel_size - 1)
        self.convolution = nn.Conv1d(
            in_channels, out_channels, kernel_size, dilation=dilation, padding="same" if padding else "valid"
        )
        self.normalization = nn.BatchNorm1d(out_channels) if normalize else nn.Identity()

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Frames (B, C, T) and lengths (B,) -> frames (B, C', T') and lengths."""
        if self.lost_frames == 0 and self.convolution.kernel_size[0] > 1:
            frames = fill_padding(frames, lengths)
        elif lengths is not None:
            lengths = lengths - self.lost_frames
        return self.normalization(F.relu(self.convolution(frames))), lengths
