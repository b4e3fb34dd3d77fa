"""The mean cosine of rows with their partners, the quantity that methods without negatives raise."""

from __future__ import annotations

from torch import Tensor

from voxmetric.losses.directions import unit


def mean_cosine(first: Tensor, second: Tensor) -> Tensor:
    """Mean over the rows of cos(first_i, second_i), in [-1, 1]; (N, P) each.

    A zero row has cosine 0 with everything, and gets no gradient.
    """
    cosines: Tensor = (unit(first)[0] * unit(second)[0]).sum(1)
    return cosines.mean()
