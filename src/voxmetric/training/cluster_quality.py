"""How well clusters agree with speakers, for looking where labels are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class ClusterQuality:
    """Agreement of clusters with speakers.

    Attributes:
        purity: share of the recordings that are of the most frequent speaker of their cluster, in (0, 1].
        nmi: mutual information of cluster and speaker over the mean of their entropies, in [0, 1].
    """

    purity: float
    nmi: float


def cluster_quality(clusters: ArrayLike, speakers: ArrayLike) -> ClusterQuality | None:
    """Purity and normalised mutual information.

    Args:
        clusters: (N,) cluster of each recording.
        speakers: (N,) speaker of each recording, as they are in the table.

    Returns:
        The two figures; None if `speakers` tells no speakers, being one for all recordings or another for each.
    """
    from scipy.sparse import coo_array
    from sklearn.metrics import normalized_mutual_info_score

    names, own = np.unique(np.asarray(speakers, dtype=np.str_), return_inverse=True)
    if len(names) in (1, len(own)):
        return None
    numbers = np.asarray(clusters)
    counts = coo_array((np.ones(len(own)), (numbers, own))).tocsr()
    purity = float(counts.max(axis=1).sum() / len(own))
    return ClusterQuality(purity, float(normalized_mutual_info_score(own, numbers)))
