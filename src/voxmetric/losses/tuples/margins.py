"""The margin of a hinge over tuples: a fixed number, or the batch's own gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.tuples.mean_distances import MeanDistances

Margin = float | Tensor


@dataclass(frozen=True)
class TupleMargin:
    """How far a negative must lie beyond the positive.

    Attributes:
        value: the margin in units of the distance, or `adaptive`: the mean negative less the mean positive distance
            of the batch's tuples.
        floor: least value of an adaptive margin (the reference code of Narayanaswamy et al. 2019 takes 0.8).
        gradient: let the gradient flow through an adaptive margin, as that code does. The pull that all tuples
            share then cancels, and only deviations from the batch's mean are trained.
    """

    value: float | Literal["adaptive"]
    floor: float | None = None
    gradient: bool = False

    def __post_init__(self) -> None:
        adaptive = isinstance(self.value, str)
        if adaptive and self.value != "adaptive":
            raise InputError(f'expected a number or "adaptive" as margin, found {self.value!r}')
        if not adaptive and (self.floor is not None or self.gradient):
            raise InputError('margin_floor and margin_gradient go with margin="adaptive" only')

    def of(self, means: Callable[[], MeanDistances]) -> Margin:
        """The margin in force for tuples with these mean distances, which are asked for only if they matter."""
        if not isinstance(self.value, str):
            return self.value
        distances = means()
        gap = distances.negative - distances.positive
        if not self.gradient:
            gap = gap.detach()
        return gap if self.floor is None else gap.clamp_min(self.floor)
