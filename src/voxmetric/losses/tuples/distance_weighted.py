"""Negatives drawn against the density of their distance."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from voxmetric.errors import InputError
from voxmetric.losses.tuples.distances import chord_lengths
from voxmetric.losses.tuples.sampling import Candidates, Sampling, draw


def log_inverse_density(chords: Tensor, embedding_size: int) -> Tensor:
    """Logarithm of 1 / q(d), up to a constant, of distances d in (0, 2) between points on the unit sphere.

    q(d) ~ d^(D-2) (1 - d^2/4)^((D-3)/2) is the density of the distance of two uniform points in D dimensions
    (Wu et al. 2017, equation 3).
    """
    return (2 - embedding_size) * chords.log() - (embedding_size - 3) / 2 * torch.log1p(-chords.square() / 4)


@dataclass(frozen=True)
class DistanceWeighted(Sampling):
    """For every ordered positive pair a negative drawn with probability inverse to its distance's density.

    Wu et al. (2017), used for speakers by Narayanaswamy et al. (2019), whose code puts squared distances in the place
    of distances; here distances are what they are in the paper. An anchor with no negative below the cut-off
    draws any negative, all equally likely.

    Attributes:
        distance: the loss's distance, one of `DISTANCES`.
        normalize: whether the loss compares embeddings of unit length: the density holds for no others.
        distance_floor: shorter distances (of unit vectors) weigh as much as this one.
        distance_cutoff: negatives at this distance or beyond are not drawn.
    """

    distance: str
    normalize: bool
    distance_floor: float = 0.5
    distance_cutoff: float = 1.4

    def __post_init__(self) -> None:
        if not 0.0 < self.distance_floor < self.distance_cutoff < 2.0:
            raise InputError(
                "expected 0 < distance_floor < distance_cutoff < 2, "
                f"found {self.distance_floor} and {self.distance_cutoff}"
            )
        if not self.normalize and self.distance != "cosine":
            raise InputError(
                'sampling="distance_weighted" is for embeddings of unit length: use normalize=True or distance="cosine"'
            )

    def choose(self, candidates: Candidates, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See `Sampling.choose`."""
        chords = chord_lengths(candidates.distances, self.distance)
        near = candidates.allowed & (chords < self.distance_cutoff)
        # The floor and the ceiling keep the logarithms finite; what lies beyond the cut-off is masked after them.
        within = chords.clamp(self.distance_floor, self.distance_cutoff)
        logarithms = log_inverse_density(within, candidates.embedding_size).masked_fill(~near, -torch.inf)
        # Less the greatest of the allowed ones only: any other could push all of these below the least float.
        greatest = logarithms.amax(1, keepdim=True)
        weights = torch.where(near, (logarithms - greatest).exp(), 0.0)
        return draw(torch.where(near.any(1, keepdim=True), weights, candidates.allowed), generator)
