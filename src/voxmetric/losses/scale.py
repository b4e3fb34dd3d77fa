"""The factor that sharpens cosines into logits: fixed, learnable or the embedding's own norm."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from voxmetric.errors import InputError


class Scale(nn.Module):
    """A positive factor.

    A learnable scale is softplus of its parameter, hence positive whatever the optimiser does, and moves like the
    plain factor of the published losses wherever it is well above 1 (the slope of softplus is 1 there).

    Args:
        value: the factor, or its start, above 0; `norm` takes each query's norm (as A-Softmax does).
        learnable: whether training may change it.

    Raises:
        InputError: if `value` is not positive, or `norm` is asked to be learnable.
    """

    def __init__(self, value: float | str, learnable: bool = False) -> None:
        super().__init__()
        self.by_norm = value == "norm"
        if self.by_norm:
            if learnable:
                raise InputError("a scale that is the embedding's norm cannot be learnable; give a number instead")
            return
        if isinstance(value, str) or not 0.0 < value < math.inf:
            raise InputError(f"expected a scale above 0 (or 'norm'), found {value!r}")
        self.fixed = float(value)
        self.raw = nn.Parameter(torch.tensor(value + math.log(-math.expm1(-value)))) if learnable else None

    def forward(self, norms: Tensor) -> Tensor:
        """The factor for queries of these norms (Q,): a scalar, or (Q,) where it is the norm."""
        if self.by_norm:
            return norms
        if self.raw is None:
            return norms.new_tensor(self.fixed)
        return F.softplus(self.raw.to(norms.dtype))


def scale_of_temperature(temperature: float) -> float:
    """The factor 1 / temperature.

    Raises:
        InputError: if the temperature is not positive.
    """
    if not 0.0 < temperature < math.inf:
        raise InputError(f"expected a temperature above 0, found {temperature}")
    return 1 / temperature
