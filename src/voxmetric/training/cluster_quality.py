"""How well clusters agree with speakers, for looking where labels are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class ClusterQuality:
    """Agreement of clusters with speakers.

    Both figures rise with the number of clusters, whatever is in them: with as few as three recordings in each, random
    ones reach an NMI above 0.8. What they mean shows against the same clusters dealt out at random.

    Attributes:
        purity: share of the recordings that are of the most frequent speaker of their cluster, in (0, 1].
        nmi: mutual information of cluster and speaker over the mean of their entropies, in [0, 1].
        purity_by_chance: of the same clusters after one shuffle of the recordings.
        nmi_by_chance: likewise.
    """

    purity: float
    nmi: float
    purity_by_chance: float | None = None
    nmi_by_chance: float | None = None


def cluster_quality(clusters: ArrayLike, speakers: ArrayLike) -> ClusterQuality | None:
    """Purity and normalised mutual information.

    Args:
        clusters: (N,) cluster of each recording.
        speakers: (N,) speaker of each recording, as they are in the table.

    Returns:
        The figures; None if `speakers` tells no speakers, being one for all recordings or another for each.
    """
    names, own = np.unique(np.asarray(speakers, dtype=np.str_), return_inverse=True)
    if len(names) in (1, len(own)):
        return None
    numbers = np.asarray(clusters)
    shuffled = np.random.default_rng(0).permutation(numbers)
    return ClusterQuality(*_purity_and_nmi(numbers, own), *_purity_and_nmi(shuffled, own))


def _purity_and_nmi(clusters: NDArray[np.int64], speakers: NDArray[np.int64]) -> tuple[float, float]:
    from scipy.sparse import coo_array
    from sklearn.metrics import normalized_mutual_info_score

    counts = coo_array((np.ones(len(speakers)), (clusters, speakers))).tocsr()
    purity = float(counts.max(axis=1).sum() / len(speakers))
    return purity, float(normalized_mutual_info_score(speakers, clusters))
