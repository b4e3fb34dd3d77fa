"""Which pseudo-labels to trust: those that a model, trained on all of them for a while, finds easy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from voxmetric.losses.directions import unit

SCALE = 30.0
BLOCK_ELEMENTS = 2**22
"""Cosines held at once, 16 MB."""


@dataclass(frozen=True)
class Gate:
    """Which of N losses are trusted.

    Attributes:
        kept: (N,) bool.
        parted: whether the losses are of two groups, the fitted density having a valley between both means. If not,
            there is no place for a threshold that is better than its neighbours.
    """

    kept: NDArray[np.bool_]
    parted: bool


@torch.no_grad()
def utterance_losses(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cross-entropy of each utterance's label against all others.

    The classes are the directions of their members' means, at a scale of 30. An utterance is left out of the mean of
    its own class, or it would vouch for its own label; alone in its class, it has nothing to vouch for it.

    Args:
        vectors: (N, D) embeddings.
        labels: (N,) from 0 on.

    Returns:
        (N,), above 0; infinite for utterances that are alone in their class.
    """
    points, own = unit(torch.from_numpy(vectors))[0], torch.from_numpy(labels)
    sums = torch.zeros(int(own.max()) + 1, points.shape[1]).index_add_(0, own, points)
    classes = unit(sums)[0]
    losses = []
    size = max(1, BLOCK_ELEMENTS // len(classes))
    for block, numbers in zip(points.split(size), own.split(size), strict=True):
        logits = SCALE * block @ classes.T
        without_itself = unit(sums[numbers] - block)[0]
        target = SCALE * (block * without_itself).sum(1)
        others = logits.scatter_(1, numbers.unsqueeze(1), -torch.inf).logsumexp(1)
        # In double precision small losses stay apart, and it is their logarithms that are looked at.
        losses.append(F.softplus((others - target).double()))
    alone = torch.bincount(own)[own] == 1
    return torch.cat(losses).masked_fill(alone, torch.inf).numpy()


def reliable(losses: NDArray[np.float64], seed: int) -> Gate:
    """Trust the losses of the lower of two groups.

    A mixture of two Gaussians is fitted to the logarithms; reliable is what lies below the point between both means
    from which on the upper Gaussian is the likelier one. Infinite losses are left out of both: as a group of their own
    they would take one of the Gaussians.

    Args:
        losses: (N,) 0 or more.
        seed: of the mixture's start.

    Returns:
        The gate; all finite losses are kept where these do not differ.

    Source:
        Tao et al. 2022, "Self-supervised speaker recognition with loss-gated learning"; Han et al. 2022,
        "Self-supervised speaker verification using dynamic loss-gate and label correction", for the mixture.
    """
    from sklearn.mixture import GaussianMixture

    kept = np.isfinite(losses)
    logarithms = np.log(np.maximum(losses[kept], np.finfo(np.float64).tiny))
    if len(logarithms) < 2 or np.ptp(logarithms) < 1e-9:
        return Gate(kept, parted=False)
    mixture = GaussianMixture(2, random_state=seed).fit(logarithms[:, None])
    low, high = np.argsort(mixture.means_[:, 0])
    lower_likelier = mixture.predict(logarithms[:, None]) == low
    # A wide lower Gaussian also claims the largest losses, a wide upper one the smallest: neither is meant.
    below, above = mixture.means_[low, 0], mixture.means_[high, 0]
    kept[kept] = (logarithms <= below) | (lower_likelier & (logarithms < above))
    density = mixture.score_samples(np.linspace(below, above, 101)[:, None])
    return Gate(kept, parted=bool(density.min() < min(density[0], density[-1]) - 1e-6))
