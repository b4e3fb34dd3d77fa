"""A trunk in bfloat16 where there is no form of its own for that."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from voxmetric.encoders.trunk import Trunk


class TrunkInBfloat16(Trunk):
    """Gives what the trunk it is made from gives under autocast, its weights converted once instead of at every call.

    Args:
        trunk: the one it is made from, float32; it stays as it is.
    """

    def __init__(self, trunk: Trunk) -> None:
        super().__init__(trunk.num_channels, trunk.minimum_frames)
        inner = copy.deepcopy(trunk)
        for module in inner.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d) and not parametrize.is_parametrized(module):
                module.to(torch.bfloat16)
        # Not a registered part: an encoder pools and projects in the precision of its registered parameters.
        self._inner = (inner,)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        with torch.autocast(features.device.type, torch.bfloat16):
            frames, lengths = self._inner[0](features, lengths)
        return frames.float(), lengths
