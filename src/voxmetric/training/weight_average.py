"""The mean of an encoder's weights over the last part of a training."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder


class WeightAverage:
    """The mean of the weights after each update from a given one on.

    Towards the end of a training the weights move about a point that is better than most of those they visit (Polyak
    and Juditsky 1992; Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization"). The
    running statistics of batch normalisation are averaged like weights, where the authors compute them anew: after a
    low learning rate the two hardly differ, and no pass over the data is needed.

    Args:
        first_step: the first update whose weights count, from 1; None averages nothing.

    Attributes:
        count: weights averaged so far.
    """

    def __init__(self, first_step: int | None) -> None:
        self.first_step, self.count = first_step, 0
        self._mean: dict[str, Tensor] = {}

    def begun(self, step: int) -> bool:
        """Whether the weights after update number `step`, from 1, count."""
        return self.first_step is not None and step >= self.first_step

    @torch.no_grad()
    def add(self, encoder: Encoder) -> None:
        """Count the weights that the encoder has now."""
        self.count += 1
        for name, value in encoder.state_dict().items():
            if self.count == 1 or not value.is_floating_point():  # how many batches were seen is no weight
                self._mean[name] = value.clone()
            else:
                self._mean[name].lerp_(value, 1.0 / self.count)

    def of(self, encoder: Encoder) -> Encoder:
        """A copy of the encoder with the mean weights; the encoder itself where nothing was counted yet."""
        if not self.count:
            return encoder
        averaged = copy.deepcopy(encoder)
        averaged.load_state_dict(self._mean)
        return averaged

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"count": self.count, "mean": self._mean}

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.count, self._mean = kept["count"], kept["mean"]
