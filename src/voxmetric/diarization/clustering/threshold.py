"""The threshold of agglomerative clustering, from recordings whose speakers are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from voxmetric.diarization.clustering.agglomerative import LARGEST_TREE, average_linkage, clusters_below, cut
from voxmetric.diarization.clustering.condensation import condense
from voxmetric.diarization.clustering.labels import Labels, in_order_of_appearance
from voxmetric.diarization.clustering.points import check_points
from voxmetric.errors import InputError

CANDIDATES = np.round(np.arange(0.02, 1.2001, 0.02), 2)
"""Thresholds that are tried."""


def calibrated_threshold(recordings: Sequence[tuple[ArrayLike, ArrayLike]]) -> float:
    """The threshold with the least mean share of windows under the wrong name.

    Of each recording, clusters are matched one to one with speakers as is best for it; windows of clusters that are
    left over are wrong. Of thresholds that are equally good, the middle one is taken.

    Args:
        recordings: embeddings (N, D) and speakers (N,) of each; all count alike, however long.

    Raises:
        InputError: for no recording, or speakers of another length than the embeddings.
    """
    if not recordings:
        raise InputError("expected recordings whose speakers are known, found none")
    errors = np.mean([_errors(*recording) for recording in recordings], axis=0)
    best = np.flatnonzero(errors <= errors.min() + 1e-12)
    return float(CANDIDATES[best[len(best) // 2]])


def _errors(embeddings: ArrayLike, speakers: ArrayLike) -> list[float]:
    """The share of windows under the wrong name at each candidate."""
    points, names = check_points(embeddings), np.asarray(speakers)
    if names.shape != (len(points),):
        raise InputError(f"expected a speaker for each of {len(points)} embeddings, found shape {names.shape}")
    truth = in_order_of_appearance(names)
    condensed = condense(points, LARGEST_TREE if len(points) <= LARGEST_TREE else LARGEST_TREE // 2)
    tree = average_linkage(condensed.means)
    numbers = [clusters_below(tree, threshold) for threshold in CANDIDATES]
    shares = {number: _wrong_share(truth, condensed.spread(cut(tree, number))) for number in set(numbers)}
    return [shares[number] for number in numbers]


def _wrong_share(truth: Labels, labels: Labels) -> float:
    from scipy.optimize import linear_sum_assignment

    agreements = np.zeros((int(truth.max()) + 1, int(labels.max()) + 1))
    np.add.at(agreements, (truth, labels), 1.0)
    matched = linear_sum_assignment(agreements, maximize=True)
    return 1.0 - float(agreements[matched].sum()) / len(truth)
