"""A fine-tuned encoder mixed with the one that it started from."""

from __future__ import annotations

import copy

import torch

from voxmetric.encoders.encoder import Encoder


class OriginalWeights:
    """Weights before training, of which the trained ones get a share: w = s w_0 + (1 - s) w_trained.

    What fine-tuning gains on its data it often loses on other data; on the straight line between the weights before
    and after it there are mostly ones that keep both (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    The statistics of batch normalisation are mixed like weights.

    Args:
        encoder: as it is before the first update.
        share: s, in [0, 1]; None mixes nothing.
    """

    def __init__(self, encoder: Encoder, share: float | None) -> None:
        self._share = share
        self._weights = {} if share is None else {name: one.clone() for name, one in encoder.state_dict().items()}

    @torch.no_grad()
    def mixed_with(self, encoder: Encoder) -> Encoder:
        """A copy of the encoder with the mixed weights; the encoder itself where nothing is to be mixed."""
        if self._share is None:
            return encoder
        mixed = copy.deepcopy(encoder)
        for name, value in mixed.state_dict().items():
            if value.is_floating_point():
                value.lerp_(self._weights[name], self._share)
        return mixed
