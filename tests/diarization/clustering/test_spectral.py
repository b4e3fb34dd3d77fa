"""Spectral clustering where the graph has no gap to find."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.diarization.clustering import cluster


@pytest.mark.parametrize("windows", [2, 3, 7, 8])
def test_few_windows_that_are_all_alike_or_all_apart_are_no_trouble(windows: int) -> None:
    for embeddings in (np.ones((windows, 4)), np.eye(windows, 8) + 0.01):
        for most in (None, 1, 2, windows):
            labels = cluster(embeddings, "spectral", max_clusters=most)
            assert 1 <= labels.max() + 1 <= (most or windows)
