"""The layer of a time-delay network over frames (B, C, T)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from voxmetric.audio.features.masking import fill_padding, reflect
from voxmetric.encoders.time_span import TimeSpan, lengths_after

Edges = Literal["zeros", "reflect"]


class TimeDelay(nn.Module):
    """Convolution over time, ReLU, batch normalisation.

    Args:
        in_channels, out_channels: rows of input and output.
        kernel_size, dilation: the context: kernel_size frames, dilation apart.
        padding: extend an item so that it keeps its number of frames (odd kernel_size).
        edges: what it is extended by: `zeros`, or a `reflect`ion around its own first and last frame.
        normalization: `batch` after the ReLU, of the `weight` instead, or `none`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        dilation: int = 1,
        *,
        padding: bool = False,
        edges: Edges = "zeros",
        normalization: Literal["batch", "weight", "none"] = "batch",
    ) -> None:
        super().__init__()
        margin = dilation * (kernel_size - 1) // 2 if padding else 0
        self.span = TimeSpan(kernel_size, padding=margin, dilation=dilation)
        self.reflected = margin if edges == "reflect" else 0
        convolution = nn.Conv1d(
            in_channels, out_channels, kernel_size, padding=margin - self.reflected, dilation=dilation
        )
        self.convolution = weight_norm(convolution) if normalization == "weight" else convolution
        self.normalization = nn.BatchNorm1d(out_channels) if normalization == "batch" else nn.Identity()

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Frames (B, C, T) and lengths (B,) -> frames (B, C', T') and lengths."""
        if self.reflected:
            frames = reflect(frames, lengths, self.reflected, self.reflected)
        elif self.span.padding:
            frames = fill_padding(frames, lengths)
        return self.normalization(F.relu(self.convolution(frames))), lengths_after(lengths, self.span)
