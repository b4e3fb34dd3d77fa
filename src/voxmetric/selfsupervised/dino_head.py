"""The layers of DINO between an embedding and its scores."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from voxmetric.errors import InputError
from voxmetric.losses.directions import unit
from voxmetric.losses.references.class_cosines import class_cosines


class DINOHead(nn.Module):
    """Three linear layers with batch normalisation and GELU, down to a unit vector; then cosines with its outputs.

    The last layer's weight normalisation with a gain of 1 makes its outputs the cosines with the rows of its weight.

    Args:
        embedding_size: D.
        hidden_size: of the two layers before the bottleneck.
        bottleneck_size: P.
        outputs: K.

    Attributes:
        last_layer: (K, P); the norms of its rows do not matter.

    Raises:
        InputError: for a size below 1.

    Source:
        Caron et al. 2021, appendix C.
    """

    def __init__(self, embedding_size: int, hidden_size: int, bottleneck_size: int, outputs: int) -> None:
        super().__init__()
        if min(hidden_size, bottleneck_size, outputs) < 1:
            raise InputError(
                f"expected sizes of at least 1, found {hidden_size} hidden, {bottleneck_size} in the bottleneck and "
                f"{outputs} outputs"
            )
        self.layers = nn.Sequential(
            nn.Linear(embedding_size, hidden_size, bias=False),
            nn.BatchNorm1d(hidden_size),
            nn.GELU(),
            nn.Linear(hidden_size, hidden_size, bias=False),
            nn.BatchNorm1d(hidden_size),
            nn.GELU(),
            nn.Linear(hidden_size, bottleneck_size),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        self.last_layer = nn.Parameter(unit(torch.randn(outputs, bottleneck_size))[0])

    def forward(self, embeddings: Tensor) -> Tensor:
        """Unit vectors (B, P), the bottleneck, of embeddings (B, D)."""
        narrowed = self.layers(embeddings)
        return unit(narrowed.to(torch.promote_types(narrowed.dtype, torch.float32)))[0]

    def scores(self, bottleneck: Tensor) -> Tensor:
        """The head's outputs (B, K) in [-1, 1] for what `forward` gave, (B, P)."""
        return class_cosines(bottleneck, self.last_layer)
