"""Windows of several lengths as one embedding."""

from __future__ import annotations

import numpy as np
import pytest

from voxmetric.audio.voice_activity import Regions
from voxmetric.diarization.embedding import WindowEmbeddings


@pytest.mark.parametrize("lengths", [1, 2, 4])
def test_cosines_of_fused_embeddings_are_means_over_the_window_lengths(lengths: int) -> None:
    rows = np.random.default_rng(lengths).standard_normal((lengths, 5, 8))
    rows /= np.linalg.norm(rows, axis=2, keepdims=True)
    vectors = rows.astype(np.float32)
    windows = WindowEmbeddings(
        name="talk",
        duration=5.0,
        regions=Regions(np.array([0.0]), np.array([5.0])),
        starts=np.arange(5.0),
        ends=np.arange(5.0) + 1.0,
        vectors=vectors[0],
        others=vectors[1:],
        same_voice=0.5,
    )
    fused = windows.fused.astype(np.float64)
    for one in range(5):
        for other in range(5):
            mean = sum(float(rows[length, one] @ rows[length, other]) for length in range(lengths)) / lengths
            assert fused[one] @ fused[other] == pytest.approx(mean, abs=1e-6)
