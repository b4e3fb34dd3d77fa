"""Figures that tell whether training without labels goes well: collapse, alignment, uniformity, class collisions."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from voxmetric.training.objective import Objective
from voxmetric.training.self_supervised_objective import Compared, SelfSupervisedObjective
from voxmetric.training.subsets import Subsets

# Below these, embeddings are taken for collapsed: all cosines above 0.9996 on average, or less than two directions.
LEAST_DEVIATION, LEAST_RANK = 0.02, 2.0

# Uniformity is a mean over pairs; two million of them are enough.
MOST_FOR_PAIRS = 2048


class Diagnostics:
    """Figures about the latest update.

    Args:
        objective: what is looked at.
        speakers: speaker number of every training recording (N,), or None where they are not known; nothing else
            in training without labels sees them.
    """

    def __init__(self, objective: SelfSupervisedObjective, speakers: NDArray[np.int64] | None) -> None:
        self._objective = objective
        self._speakers = None if speakers is None else torch.from_numpy(speakers)

    @classmethod
    def of(cls, objective: Objective, subsets: Subsets) -> Diagnostics | None:
        """Diagnostics of training without labels, with the speakers if the table tells them apart; otherwise none."""
        if not isinstance(objective, SelfSupervisedObjective):
            return None
        return cls(objective, subsets.labels if len(subsets.speakers) > 1 else None)

    @torch.no_grad()
    def figures(self) -> dict[str, float]:
        """By name: those of `collapse_figures`, `alignment` and `uniformity` of this process's share, what the method
        itself measures, and, where speakers are known, `same_speaker_negatives` and `same_speaker_positives`."""
        latest = self._objective.latest
        if latest is None:
            return {}
        first, second = latest.embeddings[:2]
        found = collapse_figures(first) | {"alignment": alignment(first, second), "uniformity": uniformity(first)}
        found |= self._objective.method.measure()
        positives = self._objective.positives
        if positives is not None:
            found |= positives.measure()
        return found | self._seen_with_labels(latest)

    def _seen_with_labels(self, latest: Compared) -> dict[str, float]:
        if self._speakers is None:
            return {}
        found = {"same_speaker_negatives": same_speaker_share(self._speakers[latest.recordings.cpu()])}
        positives = self._objective.positives
        same = None if positives is None else positives.same_speaker_share(self._speakers)
        return found if same is None else found | {"same_speaker_positives": same}


def collapse_figures(embeddings: Tensor) -> dict[str, float]:
    """`deviation` and `effective_rank` of embeddings (N, D), see the functions of these names."""
    return {"deviation": deviation(embeddings), "effective_rank": effective_rank(embeddings)}


def collapsed(figures: dict[str, float]) -> bool:
    """Whether figures of `collapse_figures` are those of a network that answers everything alike."""
    return figures["deviation"] < LEAST_DEVIATION or figures["effective_rank"] < LEAST_RANK


def deviation(embeddings: Tensor) -> float:
    """Standard deviation of unit-length embeddings (N, D), mean over components, times sqrt(D).

    In [0, 1]: 0 if all are equal, near 1 if they go in all directions alike (Chen and He 2021, section 4.1).
    """
    unit = F.normalize(embeddings.double(), dim=1)
    return float(unit.std(0, correction=0).mean() * unit.shape[1] ** 0.5)


def effective_rank(embeddings: Tensor) -> float:
    """exp of the entropy of the singular values, as shares of their sum, of unit-length embeddings (N, D).

    In [1, min(N, D)] (Roy and Vetterli 2007, "The effective rank"); the mean is not taken away, so that it is 1 if all
    embeddings are equal.
    """
    unit = F.normalize(embeddings.double(), dim=1)
    small = unit.T @ unit if unit.shape[0] > unit.shape[1] else unit @ unit.T
    values = torch.linalg.eigvalsh(small).clamp(min=0).sqrt()
    return float(torch.special.entr(values / values.sum()).sum().exp())


def alignment(first: Tensor, second: Tensor) -> float:
    """Mean squared distance of the unit-length embeddings (N, D) of two views; 0 if views of a recording agree
    (Wang and Isola 2020, "Understanding contrastive representation learning")."""
    return float((F.normalize(first, dim=1) - F.normalize(second, dim=1)).square().sum(1).mean())


def uniformity(embeddings: Tensor) -> float:
    """log of the mean over pairs of exp(-2 squared distance) of unit-length embeddings (N, D), of the first 2,048.

    In [-8, 0]: 0 if all are equal; directions spread evenly over many dimensions come near -4 (Wang and Isola 2020).
    """
    distances = torch.pdist(F.normalize(embeddings[:MOST_FOR_PAIRS].double(), dim=1))
    return float(distances.square().mul(-2).exp().mean().log())


def same_speaker_share(speakers: Tensor) -> float:
    """Share of the pairs of different recordings of a batch that have one speaker, from the numbers (B,) of those.

    A loss that takes all other recordings for negatives pushes as many away wrongly ("class collisions").
    """
    counts = torch.unique(speakers, return_counts=True)[1].double()
    return float((counts * (counts - 1)).sum() / (len(speakers) * max(1, len(speakers) - 1)))
