"""The residual block of ECAPA-TDNN: Res2 convolutions between 1x1 layers, and squeeze-and-excitation."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from voxmetric.audio.features.masking import mean_over_time
from voxmetric.encoders.time_delay import Edges, TimeDelay
from voxmetric.errors import InputError

_SCALE, _KERNEL_SIZE, _BOTTLENECK = 8, 3, 128


class Res2(nn.Module):
    """Eight groups of channels; each but the last is convolved after the previous group's output was added to it."""

    def __init__(self, num_channels: int, dilation: int, edges: Edges = "zeros") -> None:
        super().__init__()
        if num_channels % _SCALE:
            raise InputError(
                f"{num_channels} channels cannot be cut into {_SCALE} groups: choose a multiple of {_SCALE}"
            )
        width = num_channels // _SCALE
        self.layers = nn.ModuleList(
            TimeDelay(width, width, _KERNEL_SIZE, dilation, padding=True, edges=edges) for _ in range(_SCALE - 1)
        )

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Frames (B, C, T) -> the same shape."""
        first, *groups = frames.chunk(_SCALE, dim=1)
        outputs = []
        carried = first
        for layer, group in zip(self.layers, groups, strict=True):
            carried, _ = layer(carried, lengths)
            outputs.append(carried)
            carried = carried + group
        return torch.cat([*outputs, groups[-1]], dim=1)


class SeRes2Block(nn.Module):
    """1x1 layer, Res2, 1x1 layer, channel gates from the mean over time, shortcut."""

    def __init__(self, num_channels: int, dilation: int, edges: Edges = "zeros") -> None:
        super().__init__()
        self.narrow = TimeDelay(num_channels, num_channels, 1)
        self.res2 = Res2(num_channels, dilation, edges)
        self.widen = TimeDelay(num_channels, num_channels, 1)
        self.squeeze = nn.Linear(num_channels, _BOTTLENECK)
        self.excite = nn.Linear(_BOTTLENECK, num_channels)

    def forward(self, frames: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Frames (B, C, T) -> the same shape."""
        inner, _ = self.narrow(frames, lengths)
        inner, _ = self.widen(self.res2(inner, lengths), lengths)
        gates = self.excite(F.relu(self.squeeze(mean_over_time(inner, lengths).squeeze(-1)))).sigmoid()
        gated: Tensor = inner * gates.unsqueeze(-1)
        return frames + gated
